import { path } from '../../../../shared/schema'
import { loadKaggle, matchKaggle } from './cifar/kaggle'
import { actionOf, loadCifar, matchCifar, type CifarKind, type CifarLevel } from './cifar/load'
import { cifarSize } from './cifar/records'
import { archiveExtensions } from './files/archives'
import { openDataFolder } from './files/namedFiles'
import { defineDataset } from './types'

const batches = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`)
const officialNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

const kind: CifarKind = {
  id: 'cifar10',
  title: 'CIFAR-10',
  binary: { folderName: 'cifar-10-batches-bin', train: batches.map((name) => `${name}.bin`), test: 'test_batch.bin' },
  python: {
    folderName: 'cifar-10-batches-py',
    train: batches,
    test: 'test_batch',
    namesFile: 'batches.meta',
    telling: batches,
  },
  matlab: {
    folderName: 'cifar-10-batches-mat',
    train: batches.map((name) => `${name}.mat`),
    test: 'test_batch.mat',
    namesFile: 'batches.meta.mat',
    telling: batches.map((name) => `${name}.mat`),
  },
  archive: /^cifar-10-(binary|python|matlab).*\.(tar\.gz|tgz|tar)$/i,
  normalization: { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.201] },
}
const level: CifarLevel = {
  layout: { labels: [{ key: 'labels', classes: 10 }], labelAt: 0 },
  namesFile: 'batches.meta.txt',
  pythonNames: 'label_names',
  fallback: { names: officialNames, note: 'the official class names are used' },
}

/**
 * CIFAR-10 from its official binary, Python or MATLAB version, 32×32 RGB, ten classes.
 *
 * Record: 1 label byte (0–9) and 3,072 pixel bytes; the number of records comes from the file size, so that cut-down
 * copies work.
 * Python version: dictionaries with the same pixels and labels, read by the restricted pickle reader; nothing in them
 * runs.
 * MATLAB version: matrices of the same.
 * Order: data_batch_1 … data_batch_5, then records as they lie, as torchvision has them; the test set is test_batch.
 * Kaggle's copy (PNG files and trainLabels.csv) has no test labels: a fifth of each class is held out.
 * Normalisation: the mean and standard deviation of the reference (zskt/datasets/datasets.py).
 */
export const cifar10 = defineDataset({
  id: 'cifar10',
  title: kind.title,
  summary: '50,000 + 10,000 photographs of ten kinds of things, 32×32 RGB, from the official files.',
  reference: {
    citation: 'Krizhevsky 2009, Learning multiple layers of features from tiny images',
    link: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  },
  facts: {
    classNames: officialNames,
    classes: 10,
    needsFiles: true,
    augmentation: { crop: true, flip: true },
    licence: 'no licence stated; the authors ask to cite the report',
    sources: [
      {
        url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
        fileName: 'cifar-10-binary.tar.gz',
        bytes: 170_052_171,
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
      },
    ],
  },
  params: {
    folder: path({
      label: 'CIFAR-10 folder',
      default: '',
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'The folder cifar-10-batches-bin, cifar-10-batches-py or cifar-10-batches-mat, a folder around it, or its archive as downloaded; or Kaggle’s copy (train/*.png and trainLabels.csv). Every record is checked.',
    }),
  },
  async load({ folder }, context) {
    const { id, title, normalization } = kind
    const root = await openDataFolder(folder, { title, action: actionOf(kind) }, context)
    const copy = await loadKaggle(root, { id, classNames: officialNames }, context)
    if (copy === null) return loadCifar(kind, level, folder, context)
    const { train, test, notes } = copy
    return { id, title, classNames: officialNames, train, test, normalization, notes }
  },
  image: () => ({ height: cifarSize, width: cifarSize, channels: 3 }),
  trainPerClass: () => Array.from(officialNames, () => 5000),
  async match(found) {
    const official = await matchCifar(kind, found)
    return 'params' in official ? official : ((await matchKaggle(found)) ?? official)
  },
})

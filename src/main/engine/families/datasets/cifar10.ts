import { path } from '../../../../shared/schema'
import { loadCifar, matchCifar, type CifarKind, type CifarLevel } from './cifar/load'
import { cifarSize } from './cifar/records'
import { archiveExtensions } from './files/archives'
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
  matlab: ['data_batch_1.mat', 'cifar-10-batches-mat'],
  archive: /^cifar-10-(binary|python).*\.(tar\.gz|tgz|tar)$/i,
  normalization: { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.201] },
}
const level: CifarLevel = {
  layout: { labels: [{ key: 'labels', classes: 10 }], labelAt: 0 },
  namesFile: 'batches.meta.txt',
  pythonNames: 'label_names',
  fallback: { names: officialNames, note: 'the official class names are used' },
}

/**
 * CIFAR-10 from its official binary or Python version, 32×32 RGB, ten classes.
 *
 * Record: 1 label byte (0–9) and 3,072 pixel bytes; the number of records comes from the file size, so that cut-down
 * copies work.
 * Python version: dictionaries with the same pixels and labels, read by the restricted pickle reader; nothing in them
 * runs.
 * Order: data_batch_1 … data_batch_5, then records as they lie, as torchvision has them; the test set is test_batch.
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
      help: 'The folder cifar-10-batches-bin or cifar-10-batches-py, the folder around it, or its archive as downloaded. Every record is checked.',
    }),
  },
  load: (params, context) => loadCifar(kind, level, params.folder, context),
  image: () => ({ height: cifarSize, width: cifarSize, channels: 3 }),
  trainPerClass: () => Array.from(officialNames, () => 5000),
  match: (found) => matchCifar(kind, found),
})

import { choice, path } from '../../../../shared/schema'
import { loadCifar, matchCifar, type CifarKind, type CifarLevel } from './cifar/load'
import { cifarSize } from './cifar/records'
import { archiveExtensions } from './files/archives'
import { defineDataset } from './types'

const kind: CifarKind = {
  id: 'cifar100',
  title: 'CIFAR-100',
  binary: { folderName: 'cifar-100-binary', train: ['train.bin'], test: 'test.bin' },
  // "train", "test" and "meta" tell it together, none alone.
  python: { folderName: 'cifar-100-python', train: ['train'], test: 'test', namesFile: 'meta', telling: [] },
  matlab: {
    folderName: 'cifar-100-matlab',
    train: ['train.mat'],
    test: 'test.mat',
    namesFile: 'meta.mat',
    telling: [],
  },
  archive: /^cifar-100-(binary|python|matlab).*\.(tar\.gz|tgz|tar)$/i,
  normalization: { mean: [0.5071, 0.4865, 0.4409], standardDeviation: [0.2673, 0.2564, 0.2762] },
}
const labels = [
  { key: 'coarse_labels', classes: 20 },
  { key: 'fine_labels', classes: 100 },
]
const numbered = (classes: number): CifarLevel['fallback'] => ({
  names: Array.from({ length: classes }, (_, index) => `class ${index}`),
  note: 'classes are numbered',
})
const levels: Record<'fine' | 'coarse', CifarLevel> = {
  fine: {
    layout: { labels, labelAt: 1 },
    namesFile: 'fine_label_names.txt',
    pythonNames: 'fine_label_names',
    fallback: numbered(100),
  },
  coarse: {
    layout: { labels, labelAt: 0 },
    namesFile: 'coarse_label_names.txt',
    pythonNames: 'coarse_label_names',
    fallback: numbered(20),
  },
}

/**
 * CIFAR-100 from its official binary, Python or MATLAB version, 32×32 RGB, 100 classes or their 20 groups.
 *
 * Record: coarse label byte (0–19), fine label byte (0–99), 3,072 pixel bytes; the number of records comes from the
 * file size. Both labels are
 * checked, whichever is wanted. Other versions: as in CIFAR-10. Normalisation: mean and standard deviation of the
 * training images.
 */
export const cifar100 = defineDataset({
  id: 'cifar100',
  title: kind.title,
  summary: '50,000 + 10,000 photographs in 100 classes or 20 groups, 32×32 RGB, from the official files.',
  reference: {
    citation: 'Krizhevsky 2009, Learning multiple layers of features from tiny images',
    link: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  },
  facts: {
    needsFiles: true,
    augmentation: { crop: true, flip: true },
    licence: 'no licence stated; the authors ask to cite the report',
    sources: [
      {
        url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
        fileName: 'cifar-100-binary.tar.gz',
        bytes: 168_513_733,
        md5: '03b5dce01913d631647c71ecec9e9cb8',
      },
    ],
  },
  params: {
    folder: path({
      label: 'CIFAR-100 folder',
      default: '',
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'The folder cifar-100-binary, cifar-100-python or cifar-100-matlab, the folder around it, or its archive as downloaded. Every record is checked.',
    }),
    labels: choice({
      label: 'Labels',
      default: 'fine',
      help: 'Which of the two labels of a record is the class.',
      options: [
        { value: 'fine', label: '100 classes' },
        { value: 'coarse', label: '20 groups' },
      ],
    }),
  },
  load: (params, context) => loadCifar(kind, levels[params.labels], params.folder, context),
  image: () => ({ height: cifarSize, width: cifarSize, channels: 3 }),
  trainPerClass: ({ labels }) =>
    labels === 'fine' ? Array.from({ length: 100 }, () => 500) : Array.from({ length: 20 }, () => 2500),
  match: (found) => matchCifar(kind, found),
})

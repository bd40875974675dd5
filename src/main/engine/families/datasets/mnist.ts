import { setNamedBy, type MnistKind } from './mnist/kind'
import { loadMnist, mnistImage, mnistParams } from './mnist/load'
import { matchMnist } from './mnist/match'
import { defineDataset } from './types'

const title = 'MNIST'
const classNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const base = 'https://ossci-datasets.s3.amazonaws.com/mnist'

const kind: MnistKind = {
  id: 'mnist',
  title,
  tables: 'mnist',
  classNames,
  mean: 0.1307,
  standardDeviation: 0.3081,
  isNamedBy: (where) => (setNamedBy(where) ?? 'digits') === 'digits',
}

/**
 * MNIST: handwritten digits, 28×28 grey, padded to 32×32 unless asked otherwise.
 * IDX files, plain or gzipped, or tables (CSV); sizes, counts and labels are checked. Normalisation 0.1307, 0.3081 (of
 * the 28×28 images, as customary).
 */
export const mnist = defineDataset({
  id: 'mnist',
  title,
  summary: '60,000 + 10,000 handwritten digits, grey, 28×28 padded to 32×32.',
  reference: {
    citation: 'LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition',
    link: 'http://yann.lecun.com/exdb/mnist/',
  },
  facts: {
    classNames,
    classes: 10,
    needsFiles: true,
    augmentation: { crop: false, flip: false },
    licence: 'CC BY-SA 3.0',
    sources: [
      {
        url: `${base}/train-images-idx3-ubyte.gz`,
        fileName: 'train-images-idx3-ubyte.gz',
        md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      },
      {
        url: `${base}/train-labels-idx1-ubyte.gz`,
        fileName: 'train-labels-idx1-ubyte.gz',
        md5: 'd53e105ee54ea40749a09fcbcd1e9432',
      },
      {
        url: `${base}/t10k-images-idx3-ubyte.gz`,
        fileName: 't10k-images-idx3-ubyte.gz',
        md5: '9fb629c4189551a2d022fa330f9573f3',
      },
      {
        url: `${base}/t10k-labels-idx1-ubyte.gz`,
        fileName: 't10k-labels-idx1-ubyte.gz',
        md5: 'ec29112dd5afa0611ce80d1b7f02629c',
      },
    ],
  },
  params: mnistParams(title),
  image: mnistImage,
  trainPerClass: () => [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  load: (params, context) => loadMnist(kind, params, context),
  match: (found) => matchMnist(found, kind),
})

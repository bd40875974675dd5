import { setNamedBy, type MnistKind } from './mnist/kind'
import { loadMnist, mnistImage, mnistParams } from './mnist/load'
import { matchMnist } from './mnist/match'
import { defineDataset } from './types'

const title = 'Fashion-MNIST'
const classNames = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
]
const base = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com'

const kind: MnistKind = {
  id: 'fashion_mnist',
  title,
  tables: 'fashion-mnist',
  classNames,
  mean: 0.286,
  standardDeviation: 0.353,
  isNamedBy: (where) => setNamedBy(where) === 'fashion',
}

/**
 * Fashion-MNIST: photographs of clothes in MNIST's layout, 28×28 grey, padded to 32×32 unless asked otherwise.
 * IDX files, plain or gzipped, or tables (CSV); sizes, counts and labels are checked. Normalisation 0.2860, 0.3530 (of
 * the 28×28 images).
 */
export const fashionMnist = defineDataset({
  id: 'fashion_mnist',
  title,
  summary: '60,000 + 10,000 photographs of clothes, grey, 28×28 padded to 32×32.',
  reference: { citation: 'Xiao, Rasul, Vollgraf 2017, Fashion-MNIST', link: 'https://arxiv.org/abs/1708.07747' },
  facts: {
    classNames,
    classes: 10,
    needsFiles: true,
    augmentation: { crop: false, flip: false },
    licence: 'MIT',
    sources: [
      {
        url: `${base}/train-images-idx3-ubyte.gz`,
        fileName: 'train-images-idx3-ubyte.gz',
        md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      },
      {
        url: `${base}/train-labels-idx1-ubyte.gz`,
        fileName: 'train-labels-idx1-ubyte.gz',
        md5: '25c81989df183df01b3e8a0aad5dffbe',
      },
      {
        url: `${base}/t10k-images-idx3-ubyte.gz`,
        fileName: 't10k-images-idx3-ubyte.gz',
        md5: 'bef4ecab320f06d8554ea6380940ec79',
      },
      {
        url: `${base}/t10k-labels-idx1-ubyte.gz`,
        fileName: 't10k-labels-idx1-ubyte.gz',
        md5: 'bb300cfdad3c16e7a12a480ee83cd310',
      },
    ],
  },
  params: mnistParams(title),
  image: mnistImage,
  trainPerClass: () => classNames.map(() => 6000),
  load: (params, context) => loadMnist(kind, params, context),
  match: (found) => matchMnist(found, kind),
})

import { createRegistry } from '../../../../shared/schema'
import { cifar10 } from './cifar10'
import { cifar100 } from './cifar100'
import { fashionMnist } from './fashionMnist'
import { gtsrb } from './gtsrb'
import { imageFolder } from './imageFolder'
import { mnist } from './mnist'
import { npz } from './npz'
import { parquet } from './parquet'
import { pickledArrays } from './pickledArrays'
import { signs } from './signs'
import { svhn } from './svhn'
import { tinyImagenet } from './tinyImagenet'
import { torchTensors } from './torchTensors'

/** The image folder comes last: it reads layouts that no other member claims. */
export const datasets = createRegistry('dataset', 'Data sets', [
  signs,
  cifar10,
  cifar100,
  gtsrb,
  svhn,
  mnist,
  fashionMnist,
  tinyImagenet,
  npz,
  torchTensors,
  pickledArrays,
  parquet,
  imageFolder,
])

export { imageShapeOf, knownLabels, openDataset, outlineDataset, previewImages, summarizeDataset } from './open'
export { recognizeDataset } from './recognition'
export { createLoadedDatasets } from './loadedDatasets'
export type { LoadedDatasets, LoadWatcher } from './loadedDatasets'
export { sliceImages } from '../../images/imageSets'
export type { Dataset, DatasetContext, DatasetFacts, DatasetSource, LoadedDataset } from './types'
export type { ClassExamples, ImageRange, ImageSet, ImageShape, Normalization } from '../../images/types'

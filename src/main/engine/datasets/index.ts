import { createRegistry } from '../../../shared/schema'
import { cifar10 } from './cifar10'
import { signs } from './signs'

export const datasets = createRegistry('dataset', 'Data sets', [signs, cifar10])

export { openDataset, previewImages, recognizeDataset, summarizeDataset } from './open'
export { bytesPerImage, countClasses, selectImages, sliceImages } from './imageSets'
export type { Dataset, DatasetContext, DatasetFacts, DatasetSource, ImageRange, ImageSet, LoadedDataset, Normalization } from './types'

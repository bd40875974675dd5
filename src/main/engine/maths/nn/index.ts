export { createBuilder } from './builder'
export type {
  BatchNormOptions,
  ConvolutionOptions,
  ImageLayer,
  LinearOptions,
  NetworkBuilder,
  VectorLayer,
} from './builder'
export { applyUpdates, differentiate } from './differentiate'
export type { Differentiated, ForwardResult } from './differentiate'
export { valueOf } from './gathered'
export type { InitialStream } from './initial'
export type * from './types'

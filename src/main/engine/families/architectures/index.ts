import { createRegistry } from '../../../../shared/schema'
import { cifarResnet } from './cifarResnet'
import { lenet } from './lenet'
import { mobileNetV2 } from './mobileNetV2'
import { resnet } from './resnet'
import { shuffleNetV2 } from './shuffleNetV2'
import { smallVgg } from './smallVgg'
import { vgg } from './vgg'
import { wrn } from './wrn'

/** Classifiers that can be trained, distilled and imported. */
export const architectures = createRegistry('architecture', 'Architectures', [
  wrn,
  resnet,
  cifarResnet,
  vgg,
  smallVgg,
  mobileNetV2,
  shuffleNetV2,
  lenet,
])
export type {
  Architecture,
  ArchitectureContext,
  ArchitectureCost,
  ImageProblem,
  Level,
  NetworkOutline,
  WeightShapes,
} from './types'

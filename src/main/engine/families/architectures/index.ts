import { createRegistry } from '../../../../shared/schema'
import { cifarResnet } from './cifarResnet'
import { denseNet } from './denseNet'
import { efficientNet } from './efficientNet'
import { googLeNet } from './googLeNet'
import { lenet } from './lenet'
import { mobileNetV2 } from './mobileNetV2'
import { mobileNetV3 } from './mobileNetV3'
import { resnet } from './resnet'
import { shuffleNetV2 } from './shuffleNetV2'
import { smallVgg } from './smallVgg'
import { vgg } from './vgg'
import { vggTorchvision } from './vggTorchvision'
import { visionTransformer } from './visionTransformer'
import { wrn } from './wrn'

/** Classifiers that can be trained, distilled and imported. */
export const architectures = createRegistry('architecture', 'Architectures', [
  wrn,
  resnet,
  cifarResnet,
  vgg,
  vggTorchvision,
  smallVgg,
  mobileNetV2,
  mobileNetV3,
  efficientNet,
  denseNet,
  googLeNet,
  visionTransformer,
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

import { createRegistry } from '../../../../shared/schema'
import { cifarResnet } from './cifarResnet'
import { cifarResnext } from './cifarResnext'
import { denseNet } from './denseNet'
import { efficientNet } from './efficientNet'
import { googLeNet } from './googLeNet'
import { onnxGraph } from './onnx'
import { lenet } from './lenet'
import { mobileNetV2 } from './mobileNetV2'
import { mobileNetV3 } from './mobileNetV3'
import { preActResnet } from './preActResnet'
import { resnet } from './resnet'
import { senet } from './senet'
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
  preActResnet,
  cifarResnext,
  senet,
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
  onnxGraph,
])

/** Those that can be trained from the start, and that weights alone can be recognised as. */
export const trainableArchitectures = architectures.members.filter(({ onlyFromFile }) => onlyFromFile !== true)

export type {
  Architecture,
  ArchitectureContext,
  ArchitectureCost,
  FileGraph,
  ImageProblem,
  Level,
  NetworkOutline,
  WeightShapes,
} from './types'

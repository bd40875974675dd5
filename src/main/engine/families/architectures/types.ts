import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { InitialStream } from '../../maths/nn/initial'
import type { OnnxGraph } from '../../weights/onnxGraph'
import type { Classifier } from '../../maths/nn/types'

/** What a classifier sees and says. */
export interface ImageProblem {
  readonly classes: number
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Shape of each tensor of a state_dict, in PyTorch's layout. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>

/** What a file says about a network beside its weights. */
export interface FileGraph {
  readonly graph: OnnxGraph
  readonly shapes: WeightShapes
}

export interface ArchitectureContext extends ImageProblem {
  /** The graph that came with the file, of a network that only a file can bring. */
  readonly graph?: FileGraph
  /** Source of the initial weights. */
  readonly stream: InitialStream
}

export interface ArchitectureCost {
  /** Trainable scalars. */
  readonly parameters: number
  /** Multiply-adds of one image's forward pass in convolutions and linear layers. */
  readonly multiplyAdds: number
  /** Numbers that convolutions and linear layers give in that pass; absent where they are not known. */
  readonly activations?: number
}

/** Size of an activation that attention transfer reads. */
export interface Level {
  readonly height: number
  readonly width: number
}

/** A network's state_dict without its numbers. */
export interface NetworkOutline {
  /** Parameters and buffers of one layer after the other, in PyTorch's order of registration. */
  readonly shapes: WeightShapes
  /** The convolution that reads the images; its name without `.weight`. */
  readonly firstConvolution: string
  /** The linear layer that gives the logits. */
  readonly lastLinear: string
  /** One for each activation, in order, as large as the last convolution before it. */
  readonly levels: readonly Level[]
}

export interface Architecture<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Whether its networks have batch-norm layers; a parameter's name where that parameter decides. Absent: always. */
  readonly batchNorm?: false | { readonly parameter: keyof S & string }
  /** False where no convolution reads anything but the images: no channels can be shuffled. Absent: true. */
  readonly hiddenConvolutions?: false
  /** Its networks come with a file and can be neither trained from the start nor be students. */
  readonly onlyFromFile?: true
  /** @throws RefusedInputError where the parameters do not go together */
  create(params: ValuesOf<S>, context: ArchitectureContext): Classifier
  /** Without making the network; for estimates of time and memory. */
  cost(params: ValuesOf<S>, problem: ImageProblem): ArchitectureCost
  /** What `Classifier.contrastivePoints` will say, without making the network. */
  contrastivePoints?(params: ValuesOf<S>): readonly number[] | undefined
  /** Names and shapes of the weights, without making the network. */
  outline(params: ValuesOf<S>, problem: ImageProblem): NetworkOutline
  /**
   * Parameter sets that weights of these shapes may have been made with, the likeliest first. A file is recognised by
   * comparing it with the outline of
   * each, so a guess may be wrong. Left out where the parameters are switches and choices: then every combination is
   * tried, the defaults first.
   */
  candidates?(shapes: WeightShapes): readonly Partial<ValuesOf<S>>[]
  /** Short name with its parameters, e.g. WRN-16-2. */
  label(params: ValuesOf<S>): string
}

export const defineArchitecture = <S extends ParameterSchema>(architecture: Architecture<S>): Architecture =>
  architecture as unknown as Architecture

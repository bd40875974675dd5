import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../shared/schema'
import type { InitialStream } from '../nn/initial'
import type { Classifier } from '../nn/types'

/** What a classifier sees and says. */
export interface ImageProblem {
  readonly classes: number
  readonly channels: number
  readonly height: number
  readonly width: number
}

export interface ArchitectureContext extends ImageProblem {
  /** Source of the initial weights. */
  readonly stream: InitialStream
}

export interface ArchitectureCost {
  /** Trainable scalars. */
  readonly parameters: number
  /** Multiply-adds of one image's forward pass in convolutions and linear layers. */
  readonly multiplyAdds: number
}

export interface Architecture<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** @throws RefusedInputError where the parameters do not go together */
  create(params: ValuesOf<S>, context: ArchitectureContext): Classifier
  /** Without making the network; for estimates of time and memory. */
  cost(params: ValuesOf<S>, problem: ImageProblem): ArchitectureCost
  /** Short name with its parameters, e.g. WRN-16-2. */
  label(params: ValuesOf<S>): string
}

export const defineArchitecture = <S extends ParameterSchema>(architecture: Architecture<S>): Architecture => architecture as unknown as Architecture

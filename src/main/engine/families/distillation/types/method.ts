import type { ImageBatch, RecordingInterval } from '../../../../../shared/domain'
import type {
  MemberDeclaration,
  MemberIssue,
  ParameterFault,
  ParameterSchema,
  ValuesOf,
} from '../../../../../shared/schema'
import type { ImageShape } from '../../../images/types'
import type { DistillationContext } from './context'
import type { GeneratorContext, OpenGenerator } from './openGenerator'
import type { Picture } from './parts'
import type { StudentTrainer } from './studentTrainer'
import type { Synthesizer } from './synthesizer'

/** What is known of the training images before they are read. */
export interface KnownImages extends ImageShape {
  readonly count?: number
}

/** What the checks of a method's values may look at. */
export interface MethodCheckContext {
  /** Id of the data set that the models are for. */
  readonly dataset: string
}

/** What the costs of a method depend on beside its parameters. */
export interface CostProblem {
  readonly image: ImageShape
  readonly classes: number
  /** How many numbers the teacher shows the contrastive term of each image. */
  readonly teacherFeatures: number
}

/** Work per pseudo batch, for the time estimate. */
export interface MethodWork {
  /**
   * In passes of one image. A pass both ways that trains counts as 3, one that only goes back to the images as 2: see
   * `passes`.
   */
  readonly studentForwards: number
  readonly teacherForwards: number
  /** Multiply-adds of the networks that the method has beside them. */
  readonly ownMultiplyAdds: number
  /** Their activations, weighed by passes as their multiply-adds are; absent where there are none. */
  readonly ownActivations?: number
  /** Captured steps that it calls: updates of the generator or the images, batches made, the student's; default: 1. */
  readonly calls?: number
  /** Synthetic images that pass through a defense's loss term, and images that pass through student updates. */
  readonly defendedImages: number
  readonly studentImages: number
  /** What the largest step holds at once: images in each network, and activations of the method's own. */
  readonly held: { readonly teacherImages: number; readonly studentImages: number; readonly ownActivations: number }
}

/**
 * What a forward and a backward pass cost together, in units of a forward pass: a backward pass has a half for the
 * images and one for the weights.
 */
export const passes = { training: 3, toImages: 2 } as const

export interface PatchRequest {
  readonly image: { readonly height: number; readonly width: number; readonly channels: number }
  readonly count: number
  readonly signal?: AbortSignal | undefined
}

export interface DistillationMethod<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Whether it is given the real training images: a baseline, not a data-free method. */
  readonly usesRealImages?: boolean
  /** Parameters that need batch-norm layers in the teacher when they are above 0. */
  readonly batchNormParameters?: readonly string[]
  /**
   * Parameters that compare activations of teacher and student when they are above 0: both networks then need the same
   * levels.
   */
  readonly levelParameters?: readonly string[]
  /**
   * Which of its parameters gives an interval of recording, in pseudo batches, where the researcher names none: calls
   * of an epoch, say.
   */
  readonly recording?: { readonly [Interval in RecordingInterval]?: keyof S & string }
  /** Its parameters that say how long the distillation is: a student may go on from one that was to be shorter. */
  readonly lengthParameters?: readonly (keyof S & string)[]
  /** Its parameters that decide what a checkpoint holds: a student that goes on from one keeps their values. */
  readonly stateParameters?: readonly (keyof S & string)[]
  /** Which of its parameters is the number of images of a pseudo batch. */
  readonly batchParameter?: keyof S & string
  /** What its values do, or do not, beside the rest of an experiment. */
  checks?(params: ValuesOf<S>, context: MethodCheckContext): readonly MemberIssue[]
  /**
   * What of its parameters does not go together, or not with such images, as far as they are known: else it would be
   * found after the teacher's training.
   */
  faults?(params: ValuesOf<S>, images: KnownImages | undefined): readonly ParameterFault[]
  /** Length of the run in pseudo batches. */
  totalPseudoBatches(params: ValuesOf<S>): number
  /** Steps of the synthesis call that makes a pseudo batch, for methods that count them; selection tests do so then. */
  synthesisSteps?(params: ValuesOf<S>): number
  /** @throws RefusedInputError where the method cannot make such images */
  cost(params: ValuesOf<S>, problem: CostProblem): MethodWork
  /** The picture that the method is made from, where it needs one. @throws RefusedInputError naming the file */
  loadPicture?(params: ValuesOf<S>, channels: number): Promise<Picture>
  /** The first of the images that it makes out of its picture, as a run would: shown before starting. */
  readonly patchPreview?: {
    /** What they depend on. */
    readonly parameters: readonly (keyof S & string)[]
    /** Yields to the event loop every few milliseconds. @throws RefusedInputError naming the picture's file */
    make(
      params: ValuesOf<S>,
      request: PatchRequest,
    ): Promise<{ picture: ImageBatch; patches: ImageBatch; total: number }>
  }
  /**
   * The generator that lives through a distillation, for analyses that ask where a loss would push it; absent where a
   * checkpoint has none.
   */
  openGenerator?(params: ValuesOf<S>, context: GeneratorContext): OpenGenerator
  createSynthesizer(params: ValuesOf<S>, context: DistillationContext): Synthesizer
  createStudentTrainer(params: ValuesOf<S>, context: DistillationContext, synthesizer: Synthesizer): StudentTrainer
}

export const defineDistillation = <S extends ParameterSchema>(method: DistillationMethod<S>): DistillationMethod =>
  method as unknown as DistillationMethod

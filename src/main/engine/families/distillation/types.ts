import type * as tf from '@tensorflow/tfjs-core'
import type {
  CallOrigin,
  ImageBatch,
  MetricDefinition,
  MetricPoint,
  PooledImages,
  RecordingInterval,
  SuspectTest,
  TermMetricName,
} from '../../../../shared/domain'
import type { MemberDeclaration, ParameterFault, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Augmentation, ImageSet, ImageShape, Normalization } from '../../images/types'
import type { StepProgram } from '../../graph/types'
import type { NamedTensors } from '../../maths/ops/tensors'
import type { Classifier, ClassifierOutput, StateUpdate } from '../../maths/nn/types'
import type { RandomStream } from '../../maths/random'
import type { StateBundle } from './state'
import type { InnerStepListener } from './innerSteps'

/** Metric values of one step by name. */
export type StepMetrics = Partial<Record<MetricPoint['name'], number>>

/** What a part of a stage has to say beside metrics; the loop reports it after the step. */
export type StageRemark =
  | { type: 'warning'; message: string }
  /** What the pseudo batch of the step gave to the pool. */
  | { type: 'pool'; images: PooledImages }
  /** The whole suspect test so far; replaces what was reported before. */
  | { type: 'suspectTest'; test: SuspectTest }

/**
 * A pseudo batch: synthetic images in the teacher's normalised space with the teacher's view of them. The receiver
 * disposes it.
 */
export interface PseudoBatch {
  readonly images: tf.Tensor4D
  readonly teacherLogits: tf.Tensor2D
  /** Attention maps of the teacher's blocks, [N, H·W] each; empty where the method does not use them. */
  readonly teacherAttention: readonly tf.Tensor2D[]
  /** True labels, int32 [N]: only where the images are real. */
  readonly labels?: tf.Tensor1D
  /** Weights of the images in the student's loss, [N]; absent where all count alike. */
  readonly imageWeights?: tf.Tensor1D
  /** Only where a synthesis call has chosen them. */
  readonly origin?: CallOrigin
}

/** A square picture, rows of RGB or grey bytes. */
export interface Picture {
  readonly side: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
}

/** What is known of the training images before they are read. */
export interface KnownImages extends ImageShape {
  readonly count?: number
}

/** Where a distillation stands; schedules are functions of it. */
export interface Position {
  /** Pseudo batches done so far; the one being computed has this index. */
  readonly index: number
  readonly total: number
  /** Whether metrics are wanted: values leave the device only then. */
  readonly measure: boolean
  /**
   * To be called after each inner step by what takes many, and awaited where it returns a promise. A StepInterrupted
   * that comes out of it passes through.
   */
  readonly innerStep?: InnerStepListener
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
  /** Synthetic images that pass through a defense's loss term, and images that pass through student updates. */
  readonly defendedImages: number
  readonly studentImages: number
}

/**
 * What a forward and a backward pass cost together, in units of a forward pass: a backward pass has a half for the
 * images and one for the weights.
 */
export const passes = { training: 3, toImages: 2 } as const

/** What a distillation is made from. */
export interface DistillationContext {
  /** Id of the data set that the models are for; its images stay with the stage. */
  readonly dataset: string
  readonly teacher: Classifier
  readonly student: Classifier
  readonly classes: number
  readonly image: { readonly height: number; readonly width: number; readonly channels: number }
  readonly normalization: Normalization
  /** How the reference varies training images of this data set. */
  readonly augmentation: Augmentation
  readonly program: StepProgram
  /** Named random streams; their states are part of every checkpoint. */
  readonly stream: (name: string) => RandomStream
  /** Networks, optimizer slots and counters join here to be saved and restored. */
  readonly state: StateBundle
  /** Defenses that act inside this distillation, in the order of the plan. */
  readonly defenses: readonly ActiveDefense[]
  /**
   * The clean training images with their true labels: the privilege of methods that say `usesRealImages`; absent for
   * all others.
   */
  readonly realImages?: ImageSet
  /** What the method's loadPicture gave. */
  readonly picture?: Picture
  /** Told what each pseudo batch gives to a pool. */
  readonly pooled?: (images: PooledImages) => void
}

/** What a synthesizer shows its loss wrappers inside a step; everything is a tensor of the step. */
export interface SynthesisLossInput {
  readonly images: tf.Tensor4D
  readonly teacherLogits: tf.Tensor2D
  /** The teacher's block outputs of these images; a shuffled copy can start from them. */
  readonly teacherActivations: readonly tf.Tensor4D[]
  readonly updates: StateUpdate[]
  /** The defense's own arguments, as it gave them in `synthesizerArguments`. */
  readonly args: NamedTensors
}

/** The one seam at which methods and defenses meet. A defense fills in only what it changes. */
export interface ActiveDefense {
  readonly id: string
  /** Whether the loss term takes part in the next synthesizer step; a change means another captured graph. */
  synthesizerTermActive?(): boolean
  /** Numbers that change from call to call (the coefficient), as tensors; the caller disposes them. */
  synthesizerArguments?(): NamedTensors
  /** Added to the synthesizer's loss. `outputs` become metrics. */
  synthesizerTerm?(input: SynthesisLossInput): { loss: tf.Scalar; outputs: NamedTensors }
  /**
   * For methods whose images no loss can steer: weights of the images in the student's loss, [N], in place of 1/N each;
   * inside a step.
   * Acts and takes its arguments like the loss term.
   */
  studentWeights?(input: Omit<SynthesisLossInput, 'updates'>): { weights: tf.Tensor1D; outputs: NamedTensors }
  /** The pseudo batch before which the method forgets the synthetic images that it has gathered. */
  readonly forgetsBefore?: number
  /** Wraps the student's trainer, e.g. to unlearn at the end. */
  wrapStudentTrainer?(trainer: StudentTrainer, context: DistillationContext): StudentTrainer
  /**
   * After each step of a synthesis call that takes many; `images` gives the step's images in the teacher's normalised
   * space, and whoever asks disposes them.
   * Where it is called, selection tests count these steps instead of pseudo batches.
   */
  afterSynthesisStep?(images: () => tf.Tensor4D): void
  /**
   * After each pseudo batch, outside the graph: selection tests, schedules. What is returned where no metrics are
   * wanted is recorded all the same.
   */
  afterPseudoBatch?(batch: PseudoBatch, position: Position): StepMetrics
  /** Marks samples the defense suspects (1) for the image views. */
  suspects?(batch: PseudoBatch): number[]
}

/** The arguments of one student update; `own` are disposed after it, the rest belongs to the pseudo batch. */
export interface StudentBatch {
  /** images, teacherLogits, and teacherAttention0 … where the method uses it. */
  readonly args: NamedTensors
  readonly own: readonly tf.Tensor[]
}

/** Invents images. */
export interface Synthesizer {
  /** One update of what makes the images, or a synthesis call of many. */
  step(position: Position): StepMetrics | Promise<StepMetrics>
  /** A new pseudo batch. */
  sample(position: Position): PseudoBatch
  /**
   * Further images for a student update of the same pseudo batch, for methods whose student sees new ones at every
   * update.
   */
  fresh?(): StudentBatch
  /** Forgets what it has learnt from earlier synthetic images and still uses. */
  forget?(): void
}

/** Learns from pseudo batches. */
export interface StudentTrainer {
  /** All updates that one pseudo batch pays for. */
  step(batch: PseudoBatch, position: Position): StepMetrics | Promise<StepMetrics>
  /** Images that went through a student update per pseudo batch; for images per second. */
  readonly imagesPerStep: number
  /** Student updates per pseudo batch. */
  readonly updates: number
  /**
   * Takes over a pseudo batch; each call of the result gives the batch of one update. For defenses that replace the
   * update.
   */
  batches(batch: PseudoBatch): () => StudentBatch
  /** Forgets the synthetic images that it has gathered. */
  forget?(): void
  /** The method's loss of a student output on a batch's arguments, inside a step. */
  loss(output: ClassifierOutput, args: NamedTensors): { loss: tf.Scalar; outputs: NamedTensors }
}

export interface PatchRequest {
  readonly image: { readonly height: number; readonly width: number; readonly channels: number }
  readonly count: number
  readonly signal?: AbortSignal | undefined
}

export interface DistillationMethod<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Whether it is given the real training images: a baseline, not a data-free method. */
  readonly usesRealImages?: boolean
  /** Definitions of metrics that this method alone records, for the catalogue. */
  readonly metrics?: Readonly<Record<TermMetricName, MetricDefinition>>
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
  /**
   * What of its parameters does not go together, or not with such images, as far as they are known: else it would be
   * found after the teacher's training.
   */
  faults?(params: ValuesOf<S>, images: KnownImages | undefined): readonly ParameterFault[]
  /** Length of the run in pseudo batches. */
  totalPseudoBatches(params: ValuesOf<S>): number
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
  createSynthesizer(params: ValuesOf<S>, context: DistillationContext): Synthesizer
  createStudentTrainer(params: ValuesOf<S>, context: DistillationContext, synthesizer: Synthesizer): StudentTrainer
}

export const defineDistillation = <S extends ParameterSchema>(method: DistillationMethod<S>): DistillationMethod =>
  method as unknown as DistillationMethod

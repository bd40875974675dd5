/** Analyses that are measured when somebody asks: what they may look at, and how one is declared. */
import type { AnalysisSubject } from '../../../../shared/domain'
import type { ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Trigger } from '../../images/poisoning/trigger'
import type { ImageSet, ImageShape } from '../../images/types'
import type { WeightMap } from '../../weights/weightMap'
import type { AnalysisDeclaration, ImageModel } from './types'

/** A layer whose output can be read, masked and differentiated by: each convolution and each batch norm. */
export interface NetworkLayer {
  /** The name that its weights bear, without `.weight`. */
  readonly name: string
  readonly kind: 'convolution' | 'batchNorm'
  /** Of the output for one image. */
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Values of one batch of images, row-major with the images first. Valid until the callback returns. */
export type BatchVisitor = (values: Float32Array, first: number, count: number) => void

/** Of one layer under two sets of images, by channel: [C] each. */
export interface ChannelActivity {
  readonly layer: string
  /** Mean over the images of the L2 norm, over the positions, of the difference of the two outputs. */
  readonly change: Float32Array
  /** Mean of the absolute output under the first set, and under the second. */
  readonly first: Float32Array
  readonly second: Float32Array
}

export interface ClassGradient {
  /** d logit / d input or layer: [N][H][W][C]. */
  readonly gradients: Float32Array
  /** What the gradients are by: the layer's output, or the normalised images. */
  readonly values: Float32Array
}

/** One perturbation of all images, and which function of the answers is asked about. */
export interface SharedPerturbation {
  /** [H][W][C], in intensities of 0…1: each image becomes clip(x + p, 0, 1). */
  readonly perturbation: Float32Array
  /**
   * w, [N][classes]: 1 at a class gives the cross entropy to it, −1 minus that, softmax probabilities p the
   * divergence KL(p ‖ answer) but for a constant.
   */
  readonly weights: Float32Array
}

export interface PerturbedAnswers {
  /** L = −Σ_i Σ_c w(i, c) log softmax(logits of clip(x_i + p))(c), a sum over the images. */
  readonly loss: number
  /** dL / dp, [H][W][C]; nothing comes from where the sum was clipped. */
  readonly gradient: Float32Array
  /** Of the perturbed images, [N][classes]. */
  readonly logits: Float32Array
}

/** Images that are being made for classes out of what the network says of them. */
export interface InversionQuestion {
  /** In intensities of 0…1, [N][H][W][C]. */
  readonly images: Float32Array
  /** The class that each is made for. */
  readonly labels: ArrayLike<number>
  readonly statisticsWeight: number
  readonly variationWeight: number
}

export interface InversionAnswer {
  /** Mean over the images of the cross entropy to their classes. */
  readonly crossEntropy: number
  /** Mean over the batch-norm layers of ‖μ(x) − μ‖₂ + ‖σ²(x) − σ²‖₂, of all images together; null without any. */
  readonly statistics: number | null
  /** d (crossEntropy + statisticsWeight · statistics + variationWeight · total variation) / d images, [N][H][W][C]. */
  readonly gradient: Float32Array
}

/** A network that an analysis looks into, in evaluation mode and with its own normalisation; nothing of it changes. */
export interface OpenNetwork extends ImageModel {
  /** E.g. WRN-16-2. */
  readonly title: string
  /** Size of its images. */
  readonly image: ImageShape
  /** In the order in which images pass them. Empty where the network comes as a graph out of a file. */
  readonly layers: readonly NetworkLayer[]
  /** Under PyTorch's names and in its layouts. */
  weights(): WeightMap
  /** What the last linear layer reads, [N][width]; null where the architecture does not say. */
  features(images: ImageSet): { readonly width: number; readonly values: Float32Array } | null
  /** A layer's output, [N][H][W][C], batch by batch. @throws RefusedInputError where there is no such layer */
  activations(images: ImageSet, layer: string, visit: BatchVisitor): void
  /** What changes in every layer from the images of one set to those of another of as many, image by image. */
  channelActivity(images: ImageSet, others: ImageSet): readonly ChannelActivity[]
  /**
   * Gradients of one logit of each image, by the normalised input or by a layer's output.
   * @param classes of each image
   */
  gradients(images: ImageSet, at: { readonly classes: ArrayLike<number>; readonly layer?: string }): ClassGradient
  /** Captured once, whatever the perturbation and the weights: a search calls it as often as it has rounds. */
  perturbed(images: ImageSet, by: SharedPerturbation): PerturbedAnswers
  /** Captured once for each number of images. */
  inversion(question: InversionQuestion): InversionAnswer
  /** Logits with some channels of layers set to zero; one captured step serves every choice of channels. */
  logitsWithout(images: ImageSet, channels: ReadonlyMap<string, readonly number[]>): Float32Array
}

export interface ShuffleChoice {
  readonly members: number
  /** The last so many convolutions. */
  readonly layers: number
  readonly seed: number
}

/** Copies of the teacher whose channels are shuffled, as the Shuffling Vaccine draws them. */
export interface ShuffledTeachers {
  /** All of the same images: [N][classes]. */
  readonly teacher: Float32Array
  readonly members: readonly Float32Array[]
  /** Mean over the members. */
  readonly mean: Float32Array
}

/** What the Shuffling Vaccine would see, and where it would push. The same choice gives the same copies. */
export interface VaccineProbe {
  /** The convolutions that can be shuffled, in the order of the state_dict; the last ones are. */
  readonly layers: readonly string[]
  shuffled(images: ImageSet, choice: ShuffleChoice): ShuffledTeachers
  /** d KL(teacher ‖ mean of the shuffled) of each image by its normalised pixels, [N][H][W][C]. */
  divergenceGradients(images: ImageSet, choice: ShuffleChoice): Float32Array
}

/** Where a loss would push a generator, by all its parameters. */
export interface GeneratorPush {
  readonly loss: number
  /** Share of the batch that is suspected; 0 of a loss that suspects none. */
  readonly suspected: number
  readonly gradient: Float32Array
}

/** The generator of a student's checkpoint. The same batch number gives the same images. */
export interface GeneratorProbe {
  /** Pseudo batches that it has learnt from. */
  readonly step: number
  /** By the method's own loss, without a defense. */
  own(batch: number): GeneratorPush
  /** By the penalty at coefficient 1. */
  penalty(batch: number, choice: ShuffleChoice): GeneratorPush
}

/** The images of a student's synthesizer that were kept. */
export interface KeptImages {
  /** In ascending order, with how many images each has. */
  readonly steps: readonly { readonly step: number; readonly count: number }[]
  /** Labels are zeros: nobody knows the class of a synthetic image. @throws UserError where its file is gone */
  read(step: number): Promise<ImageSet>
}

/** The search for a universal perturbation that a defense makes. */
export interface PerturbationSearch {
  /** Title of the defense. */
  readonly defense: string
  /** Whose answers it changes. */
  readonly against: 'teacher' | 'student'
  /** The student's pseudo batches from which the defense acts, and at its end; null where it acts all the time. */
  readonly phase: { readonly start: number; readonly total: number } | null
}

export interface RedrawnQuestion {
  /** The student whose defenses draw it. */
  readonly stageId: string
  /** The student that stands where the defended one stood, and after how many steps; null: as it is. */
  readonly at: { readonly stageId: string; readonly step: number | null }
  readonly images: ImageSet
  /** Of its random start. */
  readonly seed: number
}

/** Universal perturbations of students' defenses, drawn again as their training draws them. */
export interface RedrawnPerturbations {
  /** null where no defense of the student looks for one. */
  searchOf(stageId: string): PerturbationSearch | null
  /** After each round, in intensities: the normalised one times the standard deviations, [H][W][C]. */
  redraw(question: RedrawnQuestion): Promise<readonly Float32Array[]>
}

export interface AskedStudent {
  readonly stageId: string
  readonly title: string
  /**
   * As it is, or as it was at the step that was asked for; null where it has neither weights nor a checkpoint, and
   * where a teacher is asked about, beside which it has but its kept images.
   */
  readonly network: OpenNetwork | null
  /** Steps of its checkpoints that are kept, ascending. */
  readonly keptSteps: readonly number[]
  /** @throws RefusedInputError where that checkpoint is gone */
  networkAt(step: number): Promise<OpenNetwork>
  readonly kept: KeptImages
  /** Accuracy and ASR at each evaluation, fractions of 1, in ascending order of steps. */
  readonly recorded: Readonly<Record<'accuracy' | 'asr', RecordedPoints>>
}

export interface RecordedPoints {
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** A trigger by name, made for the images of the data set. */
export interface NamedTrigger {
  readonly id: string
  readonly title: string
  readonly trigger: Trigger
}

/** What an asked analysis may look at; each is made only for those that name it in `needs`. */
export interface AskedMaterials {
  /** The one stage that was asked about. */
  readonly model: OpenNetwork
  readonly teacher: OpenNetwork
  /** The students that were asked about. */
  readonly students: readonly AskedStudent[]
  /**
   * Logits of images under the teacher and under shuffled copies of it; null where it has no channels to shuffle. The
   * same choice gives the same copies.
   */
  readonly shuffledTeachers: ((images: ImageSet, choice: ShuffleChoice) => ShuffledTeachers) | null
  /** null where the teacher has no channels to shuffle. */
  readonly vaccine: VaccineProbe | null
  /** Of the first student; null without a checkpoint, or where its method has none that lives through the run. */
  readonly generator: GeneratorProbe | null
  readonly perturbations: RedrawnPerturbations
  /** At most so many test images, evenly over classes, as they are and with the trigger; true labels in both. */
  readonly testImages: (most: number) => { readonly clean: ImageSet; readonly triggered: ImageSet | null }
  /** The attack of the run; null without one. */
  readonly trigger: NamedTrigger | null
  /** Every attack that can be made without a file, as it is by default, the run's own as it was. */
  readonly triggers: readonly NamedTrigger[]
}
export type AskedNeed = keyof AskedMaterials

export type AskedContext<Need extends AskedNeed = AskedNeed> = Pick<AskedMaterials, Need> & {
  readonly classNames: readonly string[]
  /** The class that the attack aims at. */
  readonly target: number
  /** Students as they were after so many steps; null: as they are. */
  readonly step: number | null
  /** Whoever measures says how far it is, between batches; cancelling ends the process. */
  readonly progress: (done: number, total: number, message: string) => Promise<void>
  /** What is to be known about the result, in a sentence. */
  readonly warn: (message: string) => void
}

/** Measured in a process of its own, on models and kept images that are there; nothing waits for it. */
export interface AskedAnalysis<
  S extends ParameterSchema = ParameterSchema,
  Artifact = unknown,
  Need extends AskedNeed = AskedNeed,
> extends AnalysisDeclaration<S, Artifact> {
  readonly when: 'asked'
  readonly subject: AnalysisSubject
  readonly needs: readonly Need[]
  /** The artifact is JSON. @throws RefusedInputError where the parameters do not go together with what is there */
  measure(params: ValuesOf<S>, context: AskedContext<Need>): Promise<Artifact>
}

export const defineAskedAnalysis = <S extends ParameterSchema, Artifact, Need extends AskedNeed>(
  analysis: AskedAnalysis<S, Artifact, Need>,
): AskedAnalysis => analysis as unknown as AskedAnalysis

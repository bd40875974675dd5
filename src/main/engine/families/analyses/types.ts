import type { z } from 'zod'
import type { AnalysisNumber, AnalysisView, Evaluation } from '../../../../shared/domain'
import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Figure } from '../../images/figures/types'
import type { ImageSet } from '../../images/types'

/** A network as an analysis sees it: in evaluation mode, with the stage's normalisation. */
export interface ImageModel {
  readonly classes: number
  /** Logits of the images, row-major [N][classes], computed in batches of one captured step. */
  logits(images: ImageSet): Float32Array
}

/** What a stage can give to an analysis; each is made only for those that name it in `needs`. */
export interface AnalysisMaterials {
  /** The classifier that the stage trains. */
  readonly model: ImageModel
  /** The teacher of a student stage. */
  readonly teacher: ImageModel
  readonly testImages: {
    readonly clean: ImageSet
    /** The same images with the trigger, true labels; null without an attack. */
    readonly triggered: ImageSet | null
  }
  /** Predicted classes of the test images, −1 where the logits are not all finite; of every evaluation. */
  readonly predictions: {
    readonly labels: Int32Array
    readonly clean: Int32Array
    readonly triggered: Int32Array | null
  }
  /** The last pseudo batch of a student stage; the labels are the teacher's classes. */
  readonly syntheticImages: ImageSet
  /** What another member has measured and hands over; of a form that both know. */
  readonly measurements: unknown
}
export type AnalysisNeed = keyof AnalysisMaterials

export type AnalysisContext<Need extends AnalysisNeed = AnalysisNeed> = Pick<AnalysisMaterials, Need> & {
  readonly classNames: readonly string[]
  /** The class that the attack aims at. */
  readonly target: number
}

/** See Evaluation. */
export type EvaluatedAnswers = Pick<Evaluation, 'classes' | 'topAnswer' | 'largestClass'>

/** A stage's record as versions wrote it that had no table of artifacts. */
export type FormerRecord = Readonly<Record<string, unknown>>

export interface MeasuredNumber<Artifact> extends AnalysisNumber {
  /** null where the artifact does not tell it. */
  of(artifact: Artifact): number | null
}

/** What every analysis declares, whenever it is measured. */
export interface AnalysisDeclaration<
  S extends ParameterSchema = ParameterSchema,
  Artifact = unknown,
> extends MemberDeclaration<S> {
  readonly artifact: z.ZodType<Artifact>
  readonly view: AnalysisView
  readonly empty?: { readonly title: string; readonly text: string }
  /** The artifact in one line, for a terminal. */
  line?(artifact: Artifact): string | null
  /** The artifact in single numbers, by name: columns of the tables, and of studies that ask for the analysis. */
  numbers?: Readonly<Record<string, MeasuredNumber<Artifact>>>
  /** What is drawn of the artifact in reports; classes without a name have their number. */
  figures?(artifact: Artifact, names: { readonly classNames: readonly string[] }): readonly Figure[]
  /** What its artifact tells of an evaluation that does not tell it itself: those of earlier versions. */
  evaluated?(artifact: Artifact): EvaluatedAnswers
  /** Takes its artifact out of a record of an earlier version; null where there is none. */
  formerly?(record: FormerRecord): { artifact: unknown; record: FormerRecord } | null
}

/**
 * What stages compute from their models and images, shown beside the metrics. No training depends on it: one that fails
 * is told as a warning.
 */
export interface StageAnalysis<
  S extends ParameterSchema = ParameterSchema,
  Artifact = unknown,
  Need extends AnalysisNeed = AnalysisNeed,
> extends AnalysisDeclaration<S, Artifact> {
  /** It is measured in the stages that can give all of it. */
  readonly needs: readonly Need[]
  /**
   * evaluation: with every evaluation; end: once, of the finished model; handed: when another member hands its
   * measurements over.
   */
  readonly when: 'evaluation' | 'end' | 'handed'
  /** Pure but for captured steps of the models; the artifact is JSON. */
  measure(params: ValuesOf<S>, context: AnalysisContext<Need>): Artifact
}

export const defineAnalysis = <S extends ParameterSchema, Artifact, Need extends AnalysisNeed>(
  analysis: StageAnalysis<S, Artifact, Need>,
): StageAnalysis => analysis as unknown as StageAnalysis

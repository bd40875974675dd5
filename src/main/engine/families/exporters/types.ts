/** What an exporter is given, and what it declares. */
import type { MemberChoice, Precision } from '../../../../shared/domain'
import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { TracedGraph } from '../../graph/traced'
import type { Normalization } from '../../images/types'
import type { ParameterLayout } from '../../maths/nn/types'
import type { WeightMap } from '../../weights/weightMap'

/** A model as its weights: what a stage has left on disk. */
export interface ModelWeights {
  /** PyTorch's names and layouts (OIHW filters, [out, in] linear layers). */
  readonly weights: WeightMap
  /** The network that the run's configuration names. */
  readonly architecture: MemberChoice
}

/** Where a model comes from, as far as that is known. */
export interface Provenance {
  /** Of the product that trained or read it, and writes the file. */
  readonly producerVersion: string
  readonly run: string
  readonly stage: string
  /** Title of the data set. */
  readonly data: string
  readonly attack: string
  readonly target: number
  /**
   * Whether the model, or the teacher that it was distilled from, was trained on images with a trigger; of a teacher
   * from a file nobody knows.
   */
  readonly poisoned: 'yes' | 'no' | 'unknown'
  /** In which it was trained; the file itself is float32. */
  readonly precision: Precision
}

/** A weight as the program's nodes read it. */
export interface ProgramWeight {
  /** How `values` come from the tensor of that name in the weights: HWIO for OIHW, and so on. */
  readonly layout: ParameterLayout
  readonly shape: readonly number[]
  /** In the order of `shape`. */
  readonly values: Float32Array
}

/**
 * The forward pass in inference mode (stored batch statistics, no dropout). Input `images`: float32 [batch, height,
 * width, channels], normalised as `ModelProgram.input` says; output `logits`: float32 [batch, classes].
 */
export interface ForwardProgram extends TracedGraph {
  /** The batch that it was traced with; shapes and shape constants of the nodes are for this one. */
  readonly batch: number
  /** By the names of `weightNames`, which are PyTorch's. */
  readonly weights: ReadonlyMap<string, ProgramWeight>
}

/** A model as what it computes, with everything that somebody needs who feeds it images. */
export interface ModelProgram extends ModelWeights {
  /** The architecture in words, e.g. WRN-16-2. */
  readonly title: string
  readonly provenance: Provenance
  readonly classNames: readonly string[]
  readonly input: {
    readonly height: number
    readonly width: number
    readonly channels: number
    /** x = (pixel / 255 − mean) / standardDeviation, per channel. */
    readonly normalization: Normalization
  }
  readonly program: ForwardProgram
}

interface ExporterDeclaration<S extends ParameterSchema> extends MemberDeclaration<S> {
  /** With the dot; a new file gets the first, and a file's name asks for the format by any. */
  readonly extensions: readonly [string, ...string[]]
}

/** Writes weights alone: control does it itself, without TensorFlow and without disturbing a run that trains. */
export interface WeightsExporter<S extends ParameterSchema = ParameterSchema> extends ExporterDeclaration<S> {
  readonly needs: 'weights'
  /** Writes `path` whole or not at all (writeAtomically). */
  write(path: string, model: ModelWeights, params: ValuesOf<S>): Promise<void>
}

/** Writes what the model computes: a trainer traces it, since control never loads TensorFlow. */
export interface ProgramExporter<S extends ParameterSchema = ParameterSchema> extends ExporterDeclaration<S> {
  readonly needs: 'program'
  /** Writes `path` whole or not at all (writeAtomically). */
  write(path: string, model: ModelProgram, params: ValuesOf<S>): Promise<void>
}

export type Exporter = WeightsExporter | ProgramExporter

/** Types the member's own parameters, then forgets them for the registry. */
export const defineExporter = <S extends ParameterSchema>(
  exporter: WeightsExporter<S> | ProgramExporter<S>,
): Exporter => exporter as unknown as Exporter

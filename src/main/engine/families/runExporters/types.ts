/** What is written of a whole run for other programs and for readers: what an exporter is given, what it declares. */
import type {
  ImageBatch,
  MetricDefinition,
  MetricSeries,
  RunDetail,
  RunTarget,
  StageArtifact,
  StageRecord,
  SyntheticImages,
} from '../../../../shared/domain'
import type {
  MemberDeclaration,
  MemberDescription,
  FamilyId,
  ParameterSchema,
  ValuesOf,
} from '../../../../shared/schema'
import type { Figure } from '../../images/figures/types'

/** When the steps of a stage were recorded, as far as that is known. */
export interface StepClock {
  /** Milliseconds since 1970; never earlier for a later step. */
  at(step: number): number
}

/** A stage of the run, and what it has recorded; everything is read when it is asked for. */
export interface StageToExport {
  readonly record: StageRecord
  /** What the model is called among those of its run: "Teacher", "SV c = 2". */
  readonly name: string
  /** Series by metric; `after`: only points behind that step of a metric. */
  metrics(after?: ReadonlyMap<string, number>): Promise<Readonly<Record<string, MetricSeries>>>
  /** The last step of each metric now; lower than before where the stage went back to a checkpoint. */
  lastSteps(): ReadonlyMap<string, number>
  clock(): Promise<StepClock>
  imageSteps(): readonly number[]
  /** @throws UserError where the file is gone or damaged */
  images(step: number): Promise<SyntheticImages>
  /** The kept images of a step as one PNG. @throws UserError where the file is gone */
  imageGrid(step: number): Promise<{ readonly png: Uint8Array } & Pick<ImageBatch, 'height' | 'width' | 'count'>>
  artifacts(): readonly StageArtifact[]
  /** What its analyses have found, as figures. */
  figures(): readonly (Figure & { readonly analysis: string; readonly step: number })[]
}

/** A data set by its content. */
export interface DataPrint {
  readonly sha256: string
  readonly images: number
  readonly classes: number
}

/** A file or folder that a parameter names, by its content. */
export interface FileEvidence {
  /** Of the parameter, e.g. "teacher.file". */
  readonly parameter: string
  readonly path: string
  /** Without its folder. */
  readonly name: string
  readonly sha256: string
  readonly bytes: number
  readonly isFile: boolean
}

/** What decides a run's result beside its configuration. */
export interface RunEvidence {
  /** Of the numerics, see stage keys. */
  readonly numerics: number
  /** null where the data set cannot be read any more. */
  readonly data: DataPrint | null
  readonly files: readonly FileEvidence[]
}

export interface RunToExport {
  readonly run: RunDetail
  readonly stages: readonly StageToExport[]
  /** Of every metric, by its name. */
  readonly definitions: Readonly<Record<string, MetricDefinition>>
  readonly product: { readonly version: string; readonly node: string; readonly platform: string }
  /** Reads data set and files: seconds, in slices. */
  evidence(work: ExportWork): Promise<RunEvidence>
  member(family: FamilyId, id: string): MemberDescription | undefined
}

export interface ExportWork {
  readonly signal: AbortSignal
  /** @param fraction 0…1 */
  progress(fraction: number, message: string): void
}

export interface ExportedRun {
  /** Where it can be looked at, where that is not the target itself. */
  readonly where?: string
  /** What the researcher should know about it, in sentences. */
  readonly remarks: readonly string[]
}

/** What grows in a folder while a run trains. */
export interface LiveExport {
  /** Appends what has come since the last time; also the first time after another process has written there. */
  update(run: RunToExport): Promise<void>
  close(): Promise<void>
}

/**
 * A form that a run leaves the program in. It is written by control, so that no task waits for it: long work yields
 * (createYielding) and heeds `work.signal`.
 */
export interface RunExporter<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  readonly target: RunTarget
  /** How it is opened, in one line. */
  readonly opens: string
  /**
   * @param target an absolute path that control has checked, or an address
   * @throws UserError in words, naming what was refused
   */
  write(target: string, run: RunToExport, params: ValuesOf<S>, work: ExportWork): Promise<ExportedRun>
  /** Writes beside training, into the run's folder, where the recording's parameter of the member's id says so. */
  live?(folder: string): LiveExport
}

/** Types the member's own parameters, then forgets them for the registry. */
export const defineRunExporter = <S extends ParameterSchema>(exporter: RunExporter<S>): RunExporter =>
  exporter as unknown as RunExporter

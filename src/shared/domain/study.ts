/** Studies: one base configuration and axes, expanded into cells; each cell is a run with one student. */
import type { ErrorCause } from '../errors'
import type { AskedAnalysis } from './askedAnalyses'
import type { Issue } from '../schema'
import type { MemberChoice, PartialExperimentConfig } from './config'
import type { HealthFinding } from './health'
import type { Evaluation, RunState } from './run'

/**
 * What an axis varies: a short name for what needs more than one value set, or any path of the configuration
 * ('poisoning.ratio').
 */
export type AxisPath = 'seed' | 'data' | 'attack' | 'method' | 'defenses' | 'teacher.file' | (string & {})

/** One value of an axis: what tables call it, and what it sets. */
export interface AxisValue {
  /** Unique within its axis; the name of a row or column ("badnet_grid", "sv+sr", "0"). */
  readonly label: string
  /**
   * 'seed': a number; 'data', 'attack', 'method': a MemberChoice (`params` may name only what differs); 'defenses': a
   * list of MemberChoice; 'teacher.file': an absolute path; otherwise the parameter's value.
   */
  readonly value: unknown
}

/** Where values are drawn from by strategies that search. */
export interface AxisRange {
  readonly low: number
  readonly high: number
  /** Even in the logarithm. Default: even in the value. */
  readonly logarithmic?: boolean
  readonly integer?: boolean
}

export interface StudyAxis {
  readonly path: AxisPath
  /** In tables; default: the parameter's label. */
  readonly title?: string
  /** Listed values, or a range to draw from; never both. */
  readonly values?: readonly AxisValue[]
  readonly range?: AxisRange
  /** Axes with the same word go together: the first value of one with the first of the other. */
  readonly pairedAs?: string
}

/** Labels by the axis's path; a cell matches where each named axis has one of its labels. */
export type CellCondition = Readonly<Record<string, readonly string[]>>

/** An analysis that is asked of every cell when it is done; of a teacher that cells share once. */
export interface StudyAnalysis extends MemberChoice {
  /** Which model of a cell, where the analysis could look at either. Default: the student. */
  readonly of?: 'teacher' | 'student'
}

/** What a study file holds and the builder makes. */
export interface StudyDefinition {
  readonly format: 1
  readonly name: string
  readonly note: string
  /** A preset by id, a configuration (partial: over the preset, or over the defaults), or both. */
  readonly base: { readonly preset?: string; readonly config?: PartialExperimentConfig }
  /** The first varies slowest in tables; the order of work is `order`. */
  readonly axes: readonly StudyAxis[]
  /** Cells that are left out. */
  readonly exclude: readonly CellCondition[]
  /** "SV only for ZSKT": where `when` matches, only cells that match `keep` stay. */
  readonly conditions: readonly { readonly when: CellCondition; readonly keep: CellCondition }[]
  /** A member of the family of strategies. */
  readonly strategy: MemberChoice
  /** Which cells come first: 'seedsLast' finishes one seed over all cells before the next begins. */
  readonly order: 'seedsLast' | 'asListed'
  /** Where its stages run. */
  readonly executor: string
  /** Higher comes first; runs outside studies have 0. */
  readonly priority: number
  /** Absent: none. */
  readonly analyses?: readonly StudyAnalysis[]
}

/** Labels of a cell by the path of the axis. */
export type CellLabels = Readonly<Record<string, string>>

export interface PlannedCell {
  readonly index: number
  readonly axes: CellLabels
  /** Errors keep the whole study from starting. */
  readonly issues: readonly Issue[]
}

/** What starting a study would mean. */
export interface StudyPlan {
  readonly cells: readonly PlannedCell[]
  readonly stages: {
    /** Over all cells. */
    readonly asked: number
    /** To be trained: each key once. */
    readonly new: number
    /** Done already, in this workspace. */
    readonly reused: number
  }
  /** Working seconds of the new stages on this machine, one after another. */
  readonly seconds: number
  /** Of that, what cannot run side by side: the longest chain. */
  readonly longestChain: number
  readonly bytes: number
  readonly basis: 'measured' | 'calculated'
  /** "162 cells, 30 teachers … about 9 h on this machine, 40 min on 12 GPUs". */
  readonly words: string
}

export type StudyState = 'running' | 'paused' | 'done' | 'cancelled'

/** What a study is called: one that is over without a cell that is done has failed. */
export const shownStudyState = ({ state, cells }: Pick<StudySummary, 'state' | 'cells'>): StudyState | 'failed' =>
  state === 'done' && cells.done === 0 && cells.failed > 0 ? 'failed' : state

export type CellState = RunState | 'waiting' | 'cancelled'

export interface StudyCell {
  readonly index: number
  readonly axes: CellLabels
  readonly runId: string | null
  readonly state: CellState
  /** 0 … 1 of its working time. */
  readonly progress: number
  readonly secondsLeft: number | null
  /** Of its teacher and its student, as far as they are. */
  readonly teacher: Evaluation | null
  readonly student: Evaluation | null
  /** What is wrong with its student, and with its teacher; absent where nothing is. */
  readonly health?: readonly HealthFinding[]
  readonly teacherHealth?: readonly HealthFinding[]
  readonly error: readonly ErrorCause[] | null
  /** "waits for Resources", "n2, job 17_3": where its running stage is, or why it waits. */
  readonly where: string | null
}

/** What has become of an analysis of a cell. */
export interface CellAnalysis {
  /** Index of the cell. */
  readonly cell: number
  /** Place in the definition's list. */
  readonly analysis: number
  /** The run that it was asked of; of a teacher that cells share, the first one's. null while the cell is not done. */
  readonly runId: string | null
  /** null until it was asked. */
  readonly asked: Pick<AskedAnalysis, 'id' | 'state' | 'line' | 'numbers' | 'progress'> | null
  /** Why there is nothing: it failed, or could not be asked. */
  readonly error: readonly ErrorCause[] | null
}

export interface StudySummary {
  readonly id: string
  readonly name: string
  readonly note: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly endedAt: number | null
  readonly state: StudyState
  readonly executor: string
  readonly strategy: string
  readonly priority: number
  readonly axes: readonly {
    readonly path: string
    readonly title: string
    readonly labels: readonly string[]
    readonly pairedAs?: string
  }[]
  readonly cells: Readonly<Record<CellState, number>>
  readonly stages: { readonly asked: number; readonly trained: number; readonly reused: number }
  /** Working seconds of what was trained for it. */
  readonly seconds: number
  readonly secondsLeft: number | null
}

export interface StudyDetail extends StudySummary {
  readonly definition: StudyDefinition
  readonly list: readonly StudyCell[]
  /** Cells that wait, by index, in the order in which they will be worked at. */
  readonly queue: readonly number[]
}

/** A line of a study file, or of another tool's sweep, that did not become part of the definition. */
export interface StudyRemark {
  readonly path: string
  /** 'read': it became something, and what; 'ignored' and 'refused': why. */
  readonly kind: 'read' | 'ignored' | 'refused'
  readonly message: string
}

export interface StudyPreset {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly definition: StudyDefinition
}

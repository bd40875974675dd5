/** Analyses that are measured when somebody asks, of models and kept images that are there. */
import type { ErrorCause } from '../errors'

/** What an analysis is asked of. */
export interface AnalysisSubject {
  /**
   * model: a teacher or a student; student: students alone; teacher: the teacher, with the images that the run's
   * students have kept beside it.
   */
  readonly of: 'model' | 'student' | 'teacher'
  /** How many stages at once. */
  readonly most: number
  /** Whether it looks at the images that a student has kept. */
  readonly keptImages: boolean
  /** Its parameters that choose one kept image, by step and place from 0; absent where it looks at many. */
  readonly image?: { readonly step: string; readonly index: string }
}

export type AskedState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'

export interface AskedProgress {
  /** 0…1. */
  readonly fraction: number
  readonly message: string
  readonly secondsLeft: number | null
}

/** An analysis as it was asked for, and what has become of it. */
export interface AskedAnalysis {
  readonly id: string
  readonly runId: string
  readonly analysis: string
  /** With defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>
  /** The stages that it looks at, in order. */
  readonly stageIds: readonly string[]
  /** Students as they were after so many steps; null: as they are. */
  readonly step: number | null
  readonly state: AskedState
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** While it is running; not kept. */
  readonly progress: AskedProgress | null
  readonly warnings: readonly string[]
  /** Why it has no artifact. */
  readonly error: readonly ErrorCause[] | null
  /** The artifact in one line. */
  readonly line: string | null
  /** What tables show of it, by the name that the analysis gives it; absent of earlier versions. */
  readonly numbers?: Readonly<Record<string, number | null>>
  /** The study that asked; absent where a person did. */
  readonly study?: string
}

/** Whether it has come to its end, whichever. */
export const hasEnded = ({ state }: Pick<AskedAnalysis, 'state'>): boolean => state !== 'waiting' && state !== 'running'

type Asking = Pick<AskedAnalysis, 'id' | 'runId' | 'analysis' | 'params' | 'stageIds' | 'step' | 'createdAt' | 'study'>

/** One that nothing has been done about yet. */
export const newlyAsked = (asking: Asking): AskedAnalysis => ({
  ...asking,
  state: 'waiting',
  startedAt: null,
  endedAt: null,
  progress: null,
  warnings: [],
  error: null,
  line: null,
})

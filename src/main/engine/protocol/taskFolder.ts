/**
 * A task on disk: what control and the process that works on it tell each other through files alone, whether that
 * process is a child of control or a job on a node that shares nothing but the file system.
 *
 *   task.json              control writes it before each start: what is to be done
 *   attempt.json           the process that may write here now (the fence); a later one takes over by renaming over it
 *   journal/<attempt>.jsonl  one JournalLine per line; one writer, append-only; read up to the last line end
 *   request.json           control asks for a pause or a stop
 *   heartbeat              touched every five seconds by the process that works here, as long as its event loop turns
 *   kept.json              as of version 0.1.0: how far control has kept what the journals say; now in its store
 *   again.json             left by a process that paused for a time limit and wants to go on
 *   output.log             what the process wrote to its error output
 *   images/, pool/         picture grids that journal lines name
 *   checkpoint-*.safetensors, weights.safetensors
 */
import type { PooledImages, SyntheticImages } from '../../../shared/domain'
import type { TrainerJob, TrainerReport } from './messages'

/** A job of a stage; what it works on is kept in the stage's folder. */
export type StageJob = Exclude<TrainerJob, { kind: 'analyse' | 'device' | 'export' | 'findPixels' }>

export const taskFiles = {
  task: 'task.json',
  attempt: 'attempt.json',
  journal: 'journal',
  request: 'request.json',
  heartbeat: 'heartbeat',
  kept: 'kept.json',
  again: 'again.json',
  output: 'output.log',
} as const

export interface TaskFile {
  readonly format: 1
  readonly job: StageJob
}

/** Who writes here. */
export interface AttemptFile {
  /** Sorts by time: later attempts have later names. */
  readonly attempt: string
  readonly host: string
  /** Of the machine's installation, and of its start; those of version 0.1.0 say neither. */
  readonly machineId?: string | null
  readonly boot?: string | null
  readonly pid: number
  /** When that process began, as the kernel counts (field 22 of /proc/PID/stat): a pid is given out again. */
  readonly processStart: string | null
  /** A scheduler's name of the job, "17_3". */
  readonly job: string | null
}

export interface RequestFile {
  readonly kind: 'pause' | 'stop'
  /** Attempts that began before it heed it; milliseconds since 1970 on control's clock are for people alone. */
  readonly attempt: string | null
  readonly time: number
}

/** Whoever runs tasks starts another attempt after this one, where the scheduler did not. */
export interface AgainFile {
  readonly attempt: string
}

/** How far a control has read. */
export interface KeptFile {
  /** What lies before it is in the store. */
  readonly kept: JournalPosition
  /** What lies before it is in the run's log, which may be ahead. */
  readonly logged: JournalPosition | null
}

/** How the process of a task ends. */
export const taskExit = {
  done: 0,
  /** Would fail again. */
  failed: 1,
  /** With a checkpoint, and wants to go on. */
  paused: 75,
  stopped: 130,
} as const

/** Pictures stand in grids in the task's folder, which the report names. */
export type TaskReport =
  | Exclude<TrainerReport, { type: 'images' | 'pool' | 'pong' }>
  | { readonly type: 'images'; readonly grid: GridFile; readonly labels: Omit<SyntheticImages, 'pixels'> }
  | { readonly type: 'pool'; readonly grid: GridFile | null; readonly call: Omit<PooledImages, 'pixels'> }
  /** A process took the task up; `resumes`: it goes on from a checkpoint if there is one. */
  | ({ readonly type: 'attempt'; readonly resumes: boolean } & AttemptFile)

export interface GridFile {
  /** Relative to the task's folder. */
  readonly file: string
  readonly bytes: number
}

/** A line of a journal: numbers that JSON lacks are the texts "NaN", "Infinity" and "-Infinity". */
export interface JournalLine {
  /** From 0 in each attempt, without a gap. */
  readonly number: number
  /** Milliseconds since 1970 on the node's clock: for people, never for order. */
  readonly time: number
  readonly report: TaskReport
}

/** How far a task's journals were read; what lies before it was kept. */
export interface JournalPosition {
  readonly attempt: string
  /** Bytes. */
  readonly offset: number
  /** Of the next line. */
  readonly number: number
}

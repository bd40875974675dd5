/** What the fault layer of a process is to do, and what it tells of what it did. */

/**
 * ENOSPC: a full disk, found by whatever makes or enlarges a file. EIO: a medium that fails, found by every call.
 * EACCES: a name that may not be reached. short: a write that takes half of its bytes and says so. kill: the process
 * ends by SIGKILL, in the middle of a write where the call is one.
 */
export const faults = ['ENOSPC', 'EIO', 'EACCES', 'short', 'kill'] as const
export type Fault = (typeof faults)[number]

export interface FaultPlan {
  /** Calls on files elsewhere are neither counted nor failed nor recorded. */
  readonly below: readonly string[]
  /** The start of the name of the scripts that heed the plan ("control", "trainer"); null: every process. */
  readonly process: string | null
  /** null: nothing fails, calls are only counted. */
  readonly fault: Fault | null
  /** Which of the calls that this fault could meet, from 1. */
  readonly at: number
  /** Counts those calls alone whose name, or beginning of a statement, holds this text. */
  readonly matching?: string
  /** Every such call from that one on; otherwise that one alone. */
  readonly lasting?: boolean
  /** Whether what changes files is written down, for a power cut to be played from. */
  readonly record?: boolean
  /** A folder outside `below`, which must exist: what the layer tells lies there. */
  readonly report: string
}

export type CallKind =
  /** Tells of a name. */
  | 'look'
  /** Reads what a name holds. */
  | 'readFile'
  /** Reads from an open file. */
  | 'read'
  /** Opens a file that must be there. */
  | 'open'
  /** Opens a file, making it if need be. */
  | 'create'
  /** Writes a whole file by its name. */
  | 'writeFile'
  /** Writes to an open file. */
  | 'write'
  | 'truncate'
  | 'sync'
  /** Gives a name: folders, links, renaming. */
  | 'name'
  | 'remove'
  | 'attribute'
  /** A statement of the database that reads, and one that writes. */
  | 'query'
  | 'change'

/** A call that the layer meets. */
export interface MetCall {
  readonly name: string
  readonly kind: CallKind
  readonly path: string
}

/** A call that was failed, a line of hits.jsonl in the report's folder. */
export interface Hit extends MetCall {
  readonly process: string
  readonly pid: number
  readonly fault: Fault
  readonly at: number
  /** Who called: the frames above the layer. */
  readonly stack: readonly string[]
}

const grows: readonly CallKind[] = ['create', 'writeFile', 'write', 'sync', 'name', 'change']
const byName: readonly CallKind[] = [
  'look',
  'readFile',
  'open',
  'create',
  'writeFile',
  'name',
  'remove',
  'attribute',
  'change',
]

/** Whether a fault can meet a call of this kind. */
export function canMeet(fault: Fault, kind: CallKind): boolean {
  switch (fault) {
    case 'ENOSPC':
      return grows.includes(kind)
    case 'EACCES':
      return byName.includes(kind)
    case 'short':
      return kind === 'write'
    case 'EIO':
    case 'kill':
      return true
  }
}

/** The variable in which a process finds its plan, as JSON. */
export const planVariable = 'ABD_FAULTS'

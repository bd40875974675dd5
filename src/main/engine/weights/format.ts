/** What a checkpoint format gives: a cheap look, then a full reading. */
import type { Reference } from '../../../shared/schema'
import type { ByteSource } from './byteSource'
import type { StoredMap } from './stored'

export interface Finding {
  severity: 'info' | 'warning' | 'error'
  message: string
}

/** Something in the file that is no weight, and why it is left out. */
export interface IgnoredPart {
  /** Place in the file, e.g. `args` or `optimizer.state`. */
  path: string
  reason: string
}

/** Enough of a file to tell its format. */
export interface MatchContext {
  /** The first bytes, at most 64. */
  readonly head: Buffer
  readonly size: number
  readonly name: string
}

export interface OpenedCheckpoint {
  /** Weights under the names of the file, wrappers removed; their values are still in the file. */
  tensors: StoredMap
  metadata: Record<string, string>
  ignored: IgnoredPart[]
  findings: Finding[]
  /**
   * Checks the checksums of the values, where the format has some. To be called before values are read.
   * @throws RefusedInputError where one is wrong
   */
  verify(): Promise<void>
}

/**
 * One file format. `match` looks at the first bytes only; `open` reads names, shapes and places of everything, no
 * values, or throws RefusedInputError.
 */
export interface CheckpointFormat {
  readonly id: string
  readonly title: string
  readonly reference: Reference
  match(context: MatchContext): boolean
  open(source: ByteSource): Promise<OpenedCheckpoint>
}

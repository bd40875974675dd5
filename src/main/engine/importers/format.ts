/** What a checkpoint format gives: a cheap look, then a full reading. */
import type { Reference } from '../../../shared/schema'
import type { ByteSource } from './byteSource'
import type { WeightMap } from './weights'

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
  /** Weights under the names of the file, wrappers removed. */
  tensors: WeightMap
  metadata: Record<string, string>
  ignored: IgnoredPart[]
  findings: Finding[]
}

/** One file format. `match` looks at the first bytes only; `open` reads everything or throws RefusedInputError. */
export interface CheckpointFormat {
  readonly id: string
  readonly title: string
  readonly reference: Reference
  match(context: MatchContext): boolean
  open(source: ByteSource): Promise<OpenedCheckpoint>
}

/** What a checkpoint format gives: a cheap look, then a full reading. */
import type { MemberDeclaration, ParameterSchema } from '../../../../shared/schema'
import type { ByteSource } from '../../weights/byteSource'
import type { OnnxGraph } from '../../weights/onnxGraph'
import type { StoredMap } from '../../weights/stored'

export interface Finding {
  severity: 'info' | 'warning' | 'error'
  message: string
}

/** Something in the file that is no weight, and why it is left out. */
export interface IgnoredPart {
  /** Place in the file, e.g. `args` or `optimizer.state`. */
  path: string
  /** Key of the dictionary that it lies in; '' for the outermost. */
  beside: string
  reason: string
}

/** Enough of a file to tell its format. */
export interface MatchContext {
  /** The first bytes, at most 64. */
  readonly head: Buffer
  readonly size: number
  readonly name: string
}

/** A dictionary of tensors in the file: perhaps a network, perhaps an optimizer's state. */
export interface StoredNetwork {
  /** Where it lies: the keys that lead to it, joined by dots, such as `model` or `netC`; '' for a bare one. */
  readonly key: string
  /** Under the names of the file; their values are still in the file. */
  readonly tensors: StoredMap
}

export interface OpenedCheckpoint {
  /** In the order of the file; at least one, unless the format throws. */
  readonly networks: readonly StoredNetwork[]
  /** What the one network of the file computes, where the format says that too. */
  readonly graph?: OnnxGraph
  metadata: Record<string, string>
  ignored: IgnoredPart[]
  findings: Finding[]
  /** What to do where none of the networks is known; absent where there is nothing particular to say. */
  advice?: string | null
  /**
   * Checks the checksums of the values, where the format has some. To be called before values are read.
   * @throws RefusedInputError where one is wrong
   */
  verify(): Promise<void>
}

/**
 * A file format that weights are read from. `match` looks at the first bytes only; `open` reads names, shapes and
 * places of everything, no values, or throws RefusedInputError.
 */
export interface Importer<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Of the names that such files usually have, with the dot. The contents decide, not the name. */
  readonly extensions: readonly string[]
  match(context: MatchContext): boolean
  open(source: ByteSource): Promise<OpenedCheckpoint>
}

/** An importer asks nothing of the researcher: a file says itself what it is. */
export const defineImporter = (importer: Omit<Importer, 'params'>): Importer => ({ ...importer, params: {} })

/** What a reader may do with any bytes: read them, or refuse in words of ours, within bounds of time and memory. */
import { getHeapStatistics } from 'node:v8'
import { RefusedInputError } from '../../src/shared/errors'

export interface Bounds {
  /** Of processor time. */
  readonly seconds: number
  /** Of memory beyond what the reader held before, while nothing was collected yet. */
  readonly bytes: number
}

/** What a refusal may take. */
export const refusalBounds: Bounds = { seconds: 1, bytes: 64 * 2 ** 20 }

/** Thrown where a reader did something else. */
export class FuzzFinding extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'FuzzFinding'
  }
}

export type Outcome = 'read' | 'refused'

/** A refusal says where, and what came or what was wanted. */
function judgeError(error: unknown): Outcome {
  if (!(error instanceof RefusedInputError)) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new FuzzFinding(`An error that is no refusal: ${said}`, { cause: error })
  }
  const { message, where, wanted, got } = error
  if (where === undefined || (wanted === undefined && got === undefined))
    throw new FuzzFinding(`A refusal without place or reason: ${message}`, { cause: error })
  return 'refused'
}

/**
 * Lets a reader read bytes.
 * @param bounds absent: none, as in tests on a busy machine
 * @throws FuzzFinding for any error that is no refusal, and beyond the bounds
 */
export async function judge(read: (bytes: Buffer) => Promise<void>, bytes: Buffer, bounds?: Bounds): Promise<Outcome> {
  const memory = getHeapStatistics().external_memory
  const start = process.cpuUsage()
  const outcome = await read(bytes).then((): Outcome => 'read', judgeError)
  if (!bounds) return outcome
  const { user, system } = process.cpuUsage(start)
  const seconds = (user + system) / 1e6
  if (seconds > bounds.seconds) throw new FuzzFinding(`It took ${seconds.toFixed(1)} s of processor time.`)
  const taken = getHeapStatistics().external_memory - memory
  if (taken > bounds.bytes) throw new FuzzFinding(`It took ${Math.round(taken / 2 ** 20)} MB of memory.`)
  return outcome
}

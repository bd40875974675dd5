/** What this machine computes on, and what precisions bring there: asked once, of processes that end at once. */
import type { DeviceReport, Execution } from '../../../../shared/domain'
import type { ShortResult } from '../executors/shortJobs'
import type { DeviceProbe } from '../experiments/deviceIssues'

/** Starts TensorFlow so, in a process of its own: a GPU has TF32 for the whole of one. */
type FindDevice = (
  asked: Pick<Execution, 'device' | 'precision'>,
  signal: AbortSignal,
) => Promise<Pick<ShortResult, 'device'>>

export function createDeviceProbe(find: FindDevice): DeviceProbe {
  const whole = remembered((signal) => findWhole(find, signal))
  const processor = remembered(async (signal) => reported(await find({ device: 'cpu', precision: 'float32' }, signal)))
  return {
    known: whole.known,
    async find({ device, ...options } = {}) {
      const found = await whole.find(options)
      return device === 'cpu' && found.kind === 'gpu' ? processor.find(options) : found
    },
  }
}

interface Remembered {
  known(): DeviceReport | null
  find(options: { fresh?: boolean; signal?: AbortSignal | undefined }): Promise<DeviceReport>
}

function remembered(work: (signal: AbortSignal) => Promise<DeviceReport>): Remembered {
  let known: DeviceReport | null = null
  const ask = sharedWork(async (signal) => (known = await work(signal)))
  return {
    known: () => known,
    find: async ({ fresh = false, signal }) => (known !== null && !fresh ? known : ask(signal)),
  }
}

function reported({ device }: Pick<ShortResult, 'device'>): DeviceReport {
  if (!device) throw new Error('The trainer reported no device.')
  return device
}

interface WorkUnderWay<Result> {
  readonly result: Promise<Result>
  readonly controller: AbortController
  waiting: number
}

/** Whoever asks while it is under way gets the same answer; it is given up when nobody waits any more. */
function sharedWork<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): (signal: AbortSignal | undefined) => Promise<Result> {
  let underWay: WorkUnderWay<Result> | null = null
  const begin = (): WorkUnderWay<Result> => {
    const controller = new AbortController()
    const begun: WorkUnderWay<Result> = { result: work(controller.signal), controller, waiting: 0 }
    const over = (): void => forget(begun)
    begun.result.then(over, over)
    return begun
  }
  const forget = (given: WorkUnderWay<Result>): void => {
    if (underWay === given) underWay = null
  }
  return (signal) => {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const mine = (underWay ??= begin())
    mine.waiting += 1
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        mine.waiting -= 1
        if (mine.waiting === 0) {
          // Whoever comes now begins anew: this one takes a while to end.
          forget(mine)
          mine.controller.abort(signal?.reason)
        }
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', leave, { once: true })
      mine.result.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave))
    })
  }
}

async function findWhole(find: FindDevice, signal: AbortSignal): Promise<DeviceReport> {
  const device = reported(await find({ device: 'auto', precision: 'float32' }, signal))
  const { precisionSpeed } = device
  if (device.kind === 'cpu' || !precisionSpeed) return device
  // A GPU that cannot be asked a second time is still one.
  const again = await find({ device: 'auto', precision: 'tf32' }, signal).catch(() => null)
  signal.throwIfAborted()
  const { tf32 } = again?.device?.precisionSpeed?.milliseconds ?? {}
  if (tf32 === undefined) return device
  const milliseconds = { ...precisionSpeed.milliseconds, tf32 }
  return { ...device, precisionSpeed: { ...precisionSpeed, milliseconds } }
}

/**
 * Inside a step that takes long (a synthesis call, hundreds of student updates): progress, an ear for control, and the
 * way out.
 */
import type { StageActivity } from '../../../shared/domain'
import { StepInterrupted, type InnerStepListener } from '../families/distillation/innerSteps'

export interface InnerStepOptions {
  /** Called about once a second; never in loops that are quicker than that. */
  tell(activity: StageActivity): void
  request(): 'go' | 'pause' | 'stop'
  /**
   * Milliseconds between two looks at what came in; in between, an inner step costs one reading of the clock. Default
   * 100.
   */
  yieldEvery?: number
  /** A step that ends within so many milliseconds of the request is not given up. Default 2000. */
  patience?: number
  now?: () => number
}

export const defaultPatience = 2000
const tellEvery = 1000

/** Lets messages in: control's pings and requests are read between steps. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function createInnerStepListener({
  tell,
  request,
  yieldEvery = 100,
  patience = defaultPatience,
  now = () => performance.now(),
}: InnerStepOptions): InnerStepListener {
  let told = now()
  let yielded = now()
  let askedAt: number | null = null
  const listen = async (): Promise<void> => {
    await yieldToEventLoop()
    yielded = now()
    const wanted = request()
    if (wanted === 'go') return
    askedAt ??= yielded
    if (yielded - askedAt >= patience) throw new StepInterrupted(wanted)
  }
  return (what, done, of) => {
    const time = now()
    if (done <= 1) told = time
    if (time - told >= tellEvery) {
      told = time
      tell({ message: `${what} ${done} of ${of}`, fraction: done / of })
    }
    return time - yielded < yieldEvery ? undefined : listen()
  }
}

import { onScopeDispose } from 'vue'

export interface CalmRenewal {
  /** At least so long between two renewals. */
  readonly milliseconds?: number
  readonly renew: () => Promise<unknown>
}

/** A renewal that is slow comes less often: its pause is so many times what it took. */
const slowFactor = 5

/** Requests of any rate become renewals of a calm one; the last request is always followed by a renewal. */
export function useCalmRenewal({ milliseconds = 1000, renew }: CalmRenewal) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let [running, again, ended] = [false, false, false]
  async function run(): Promise<void> {
    running = true
    again = false
    const start = performance.now()
    await renew()
    running = false
    if (!ended) timer = setTimeout(rest, Math.max(milliseconds, (performance.now() - start) * slowFactor))
  }
  function rest(): void {
    timer = undefined
    if (again) void run()
  }
  onScopeDispose(() => {
    ended = true
    clearTimeout(timer)
  })
  return {
    request(): void {
      again = true
      if (!running && timer === undefined) void run()
    },
  }
}

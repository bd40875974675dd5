/** Brings the runtime while the engine serves its callers: one task at a time, told as it goes, paused any time. */
import type { RuntimeFailureKind, RuntimeOverview, RuntimeState, RuntimeVariantId } from '../../shared/domain'
import { UserError, toCauses } from '../../shared/errors'
import { InstallationError, type InstallationPlace, type InstallationWork } from './installation'
import { createMeter } from './meter.mjs'

/** What is done, so that a test can do something else. */
export interface RuntimeWork {
  install(variant: RuntimeVariantId, work: InstallationWork): Promise<unknown>
  unpack(file: string, work: InstallationWork): Promise<unknown>
  overview(place: InstallationPlace): RuntimeOverview
}

export interface RuntimeServiceOptions extends InstallationPlace {
  readonly work: RuntimeWork
  /** Whether a run could start now. */
  isReady(): boolean
  onFault(error: unknown): void
  now?(): number
}

export interface RuntimeService {
  state(): RuntimeState
  install(variant: RuntimeVariantId): RuntimeState
  unpack(file: string): RuntimeState
  pause(): Promise<RuntimeState>
  onChange(listener: (state: RuntimeState) => void): void
}

/** Progress is told this often, in milliseconds. */
const interval = 250

const kindOf = (error: unknown): RuntimeFailureKind => (error instanceof InstallationError ? error.kind : 'other')

export function createRuntimeService(options: RuntimeServiceOptions): RuntimeService {
  const { root, cache, work, isReady, onFault, now = () => performance.now() } = options
  const place = { root, cache }
  // Asking for the driver takes long where nvidia-smi hangs: what is there is looked up when something ends.
  let overview: RuntimeOverview | null = null
  let task: RuntimeState['task'] = null
  let paused = false
  let failure: RuntimeState['failure'] = null
  let controller = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const state = (): RuntimeState => {
    overview ??= work.overview(place)
    return { ...overview, ready: isReady(), task, paused, failure }
  }
  const listeners: ((state: RuntimeState) => void)[] = []
  const tell = (): void => {
    for (const listener of listeners) listener(state())
  }

  function reporter(): InstallationWork['report'] {
    const meter = createMeter(now)
    let told = -Infinity
    return {
      say(message) {
        if (task) task = { ...task, message: message.trim() }
        tell()
      },
      progress(progress) {
        const speed = meter(progress)
        if (!task || now() - told < interval) return
        told = now()
        task = { ...task, progress: { ...progress, ...speed } }
        tell()
      },
    }
  }

  async function run(begin: (options: InstallationWork) => Promise<unknown>, signal: AbortSignal): Promise<void> {
    try {
      await begin({ ...place, report: reporter(), signal })
    } catch (error) {
      if (signal.aborted) paused = true
      else {
        onFault(error)
        failure = { kind: kindOf(error), causes: toCauses(error) }
      }
    } finally {
      task = null
      overview = null
      tell()
    }
  }

  function start(
    next: NonNullable<RuntimeState['task']>,
    begin: (options: InstallationWork) => Promise<unknown>,
  ): RuntimeState {
    if (task) throw new UserError('TensorFlow is on its way already.', { action: 'Wait for it, or pause it first.' })
    task = next
    paused = false
    failure = null
    controller = new AbortController()
    running = run(begin, controller.signal)
    return state()
  }

  const idle = { message: null, progress: null }
  return {
    state,
    install: (variant) =>
      start({ kind: 'install', variant, file: null, ...idle }, (given) => work.install(variant, given)),
    unpack: (file) => start({ kind: 'unpack', variant: null, file, ...idle }, (given) => work.unpack(file, given)),
    async pause() {
      controller.abort()
      await running
      return state()
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

/**
 * The fault layer: it stands in the place of Node's file functions and of the database's statements, counts calls and
 * fails the one that a plan names. In a process of its own it is loaded before the entry (`preload.ts`); a test of its
 * own process calls `arm`.
 */
import { replaceDatabase } from './database'
import { replaceFileFunctions } from './files'
import { Injector } from './injector'
import type { FaultPlan, Hit } from './plan'
import { Recorder } from './record/recorder'

export interface ArmedLayer {
  /** Calls met so far that the fault could have failed; without a fault, all. */
  readonly count: number
  readonly hits: readonly Hit[]
  /** The functions do again what they did. */
  disarm(): void
}

/** What the replaced functions ask; null: they do what they always did. */
export interface LayerState {
  injector: Injector | null
  recorder: Recorder | null
}

const state: LayerState = { injector: null, recorder: null }
let installed = false

/** From now on, until it is disarmed, the plan holds in this process. */
export function arm(plan: FaultPlan): ArmedLayer {
  if (state.injector) throw new Error('The fault layer heeds a plan already.')
  if (!installed) {
    installed = true
    replaceFileFunctions(state)
    replaceDatabase(state)
  }
  const injector = new Injector(plan)
  state.injector = injector
  state.recorder = plan.record === true ? new Recorder(injector) : null
  return {
    get count() {
      return injector.count
    },
    hits: injector.hits,
    disarm() {
      state.injector = null
      state.recorder?.close()
      state.recorder = null
      injector.close()
    },
  }
}

/** What a test itself does to files: neither counted nor failed nor recorded. */
export { within as unmet } from './files'
export * from './plan'

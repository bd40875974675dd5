import type { CallArgs, CallResult, EngineCallName } from './calls'
import type { EngineEventFilter, EngineEventName, EngineEvents } from './events'

/**
 * The engine as every caller knows it, whatever carries it: implemented by the control process and by each client
 * (window, browser, command line, tests, fake engine).
 */
export interface EngineApi {
  /** @throws the engine's error, rebuilt; `signal` cancels the call. */
  call<K extends EngineCallName>(name: K, args: CallArgs<K>, signal?: AbortSignal): Promise<CallResult<K>>
  /** Returns the function that ends the subscription. */
  subscribe<K extends EngineEventName>(
    name: K,
    filter: EngineEventFilter,
    listener: (event: EngineEvents[K]) => void,
  ): () => void
}

import { onScopeDispose } from 'vue'
import type { CallArgs } from '@shared/contract'
import { useConnection } from '../api/connection'
import { useEngineQuery } from '../composables/useEngineQuery'

type Asking = 'table.values' | 'table.models' | 'table.keys' | 'table.pivot' | 'runs.binned'

/** After a change the engine is asked again when so much time has passed. */
const calmMilliseconds = 3000
/** Questions that follow typing wait so long. */
const typingMilliseconds = 120

/** What the engine says of rows without showing them; asked again, at a calm rate, when its index has changed. */
export function useTableValues<K extends Asking>(
  name: K,
  question: () => CallArgs<K> | null,
  delay = name === 'table.models' ? 0 : typingMilliseconds,
) {
  const { engine, onReopen } = useConnection()
  const query = useEngineQuery(name, question, delay)
  let timer: ReturnType<typeof setTimeout> | undefined
  const request = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      // Asked anew before it has come, a slow answer would never come while a run trains.
      if (query.pending.value) request()
      else query.refresh()
    }, calmMilliseconds)
  }
  onScopeDispose(engine.subscribe('table.changed', {}, request))
  onScopeDispose(onReopen(() => query.refresh()))
  onScopeDispose(() => clearTimeout(timer))
  return query
}

/** The models of earlier versions get their conditions, so that tables and charts tell them apart. */
import { createYielding } from '../../images/yielding'
import type { ConditionOf } from '../experiments/conditions'
import type { RunStore } from '../store'

/**
 * Oldest run first, as their conditions came into the workspace. `write: false` (a workspace of another engine): in
 * this memory alone.
 */
export async function giveConditions(
  store: RunStore,
  conditionOf: ConditionOf,
  { write }: { readonly write: boolean },
): Promise<void> {
  if (!store.lacks('conditions')) return
  const yielding = createYielding()
  const ids = store.runs.ids().reverse()
  for (const id of ids) {
    if (yielding.due()) await yielding.pause()
    if (store.runs.has(id)) conditionsFor(id, store, { conditionOf, write })
  }
  if (write) store.has('conditions')
}

/** Of one run, whatever it has had. */
export function conditionsFor(
  id: string,
  store: RunStore,
  { conditionOf, write }: { readonly conditionOf: ConditionOf; readonly write: boolean },
): void {
  try {
    const config = store.runs.config(id)
    for (const stage of store.runs.peek(id).stages) {
      const found = conditionOf(config, stage)
      if (found) store.runs.setStage(id, stage.id, found, { write })
    }
  } catch {
    // A record that cannot be read has no condition: it is drawn like what is unknown.
  }
}

/** Once: the stages of earlier versions get keys, so that later runs find them. */
import { stageRecipeOf } from '../../../../shared/domain'
import { createYielding } from '../../images/yielding'
import type { MemberTable } from '../experiments/memberTable'
import type { RunStore } from '../store'
import { asTrained } from './asTrained'
import { placeOf } from './demand'
import { keyFields, type StageBook } from './stageBook'

export async function giveKeys(store: RunStore, book: StageBook, table: MemberTable): Promise<void> {
  if (!store.lacks('keys of stages')) return
  const yielding = createYielding()
  for (const id of store.runs.ids()) {
    if (yielding.due()) await yielding.pause()
    if (store.runs.has(id) && store.runs.peek(id).stages.some(({ key }) => typeof key !== 'string'))
      await keysFor(id, { store, book, table })
  }
  store.has('keys of stages')
}

async function keysFor(
  id: string,
  { store, book, table }: { store: RunStore; book: StageBook; table: MemberTable },
): Promise<void> {
  try {
    const run = store.runs.peek(id)
    const asked = store.runs.config(id)
    const config = asTrained(id, store, table)
    await book.read([config])
    // What really ran decides; a run that never began will run on what it asks for.
    const keys = book.keysOf(config, run.device?.kind ?? (config.execution.device === 'gpu' ? 'gpu' : 'cpu'))
    for (const stage of run.stages) {
      const found = keys.find((entry) => entry.id === stage.id)
      if (!found) continue
      store.stages.update(placeOf(stage), { key: found.key })
      store.runs.setStage(id, stage.id, { ...keyFields(found), ...stageRecipeOf(asked, stage) })
    }
  } catch {
    // A record that cannot be read has no key: nobody takes its stages for theirs.
  }
}

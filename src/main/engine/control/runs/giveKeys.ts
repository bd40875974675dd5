/** Once: the stages of earlier versions get keys, so that later runs find them. */
import { existsSync } from 'node:fs'
import { stageRecipeOf, type ExperimentConfig, type RunSummary } from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'
import type { RunStore } from '../store'
import { importedTeacherFile, withCopiesThatExist } from './copiedFiles'
import { placeOf } from './demand'
import type { StageBook } from './stageBook'

/** Other work is let in this often. */
const sliceMilliseconds = 15

export async function giveKeys(store: RunStore, book: StageBook, table: MemberTable): Promise<void> {
  if (!store.lacksKeys()) return
  let began = performance.now()
  for (const { id } of store.runs.list(true)) {
    if (performance.now() - began > sliceMilliseconds) {
      await new Promise((resolve) => setImmediate(resolve))
      began = performance.now()
    }
    if (store.runs.has(id) && store.runs.peek(id).stages.some(({ key }) => typeof key !== 'string'))
      await keysFor(id, { store, book, table })
  }
  store.haveKeys()
}

async function keysFor(
  id: string,
  { store, book, table }: { store: RunStore; book: StageBook; table: MemberTable },
): Promise<void> {
  try {
    const run = store.runs.peek(id)
    const asked = store.runs.config(id)
    const config = asTrained(run, { config: asked, store, table })
    await book.read([config])
    // What really ran decides; a run that never began will run on what it asks for.
    const keys = book.keysOf(config, run.device?.kind ?? (config.execution.device === 'gpu' ? 'gpu' : 'cpu'))
    for (const stage of run.stages) {
      const found = keys.find((entry) => entry.id === stage.id)
      if (!found) continue
      store.stages.update(placeOf(stage), { key: found.key })
      store.runs.setStage(id, stage.id, { key: found.key, prefix: found.prefix, ...stageRecipeOf(asked, stage) })
    }
  } catch {
    // A record that cannot be read has no key: nobody takes its stages for theirs.
  }
}

/** The experiment with the copies of files that its stages have read. */
function asTrained(
  { id, stages }: Readonly<RunSummary>,
  { config, store, table }: { config: ExperimentConfig; store: RunStore; table: MemberTable },
): ExperimentConfig {
  const copied = withCopiesThatExist(config, table, store.runFolder(id))
  const teacher = stages.find(({ kind }) => kind === 'teacher')
  if (config.teacher.source !== 'file' || !teacher) return copied
  const file = importedTeacherFile(store.stageFolder(placeOf(teacher)), config)
  return existsSync(file) ? { ...copied, teacher: { ...copied.teacher, file } } : copied
}

/** What people change about runs that are there: each change with its way back. */
import type { CallArgs, CallResult } from '@shared/contract'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useUndoStore } from './undo'

export type RunEdit = Omit<CallArgs<'runs.edit'>, 'runIds'>
type Before = CallResult<'runs.edit'>['before']

/** A call takes so many runs at once. */
const mostAtOnce = 5000

const countedRuns = (count: number): string => (count === 1 ? 'a run' : `${count} runs`)
const sentence = (count: number, done: string): string =>
  `${count === 1 ? 'One run' : `${count} runs`} ${count === 1 ? 'was' : 'were'} ${done}.`

async function inParts<Item, Result>(
  items: readonly Item[],
  ask: (part: Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += mostAtOnce)
    results.push(...(await ask(items.slice(from, from + mostAtOnce))))
  return results
}

/** "tag 3 runs “old”", "archive 3 runs". */
function editTitle({ addTags = [], removeTags = [], archived }: RunEdit, count: number): string {
  const runs = countedRuns(count)
  if (archived !== undefined) return archived ? `archive ${runs}` : `bring ${runs} back from the archive`
  const quoted = (tags: readonly string[]): string => tags.map((tag) => `“${tag}”`).join(', ')
  if (addTags.length === 0) return `take ${quoted(removeTags)} from ${runs}`
  return removeTags.length === 0 ? `tag ${runs} ${quoted(addTags)}` : `change the tags of ${runs}`
}
function editSentence({ archived, ...tags }: RunEdit, count: number): string {
  if (archived !== undefined) return sentence(count, archived ? 'archived' : 'brought back from the archive')
  return sentence(count, (tags.addTags ?? []).length > 0 ? 'tagged' : 'freed of the tag')
}

/** @param recount counts anew what is there, once runs went to the bin or came back */
export function runEdits(
  byId: Map<string, RunSummary>,
  keep: (run: RunSummary) => RunSummary,
  recount: () => Promise<void>,
) {
  const { engine } = useConnection()
  const undo = useUndoStore()

  const nameNow = async (runId: string, name: string): Promise<RunSummary> =>
    keep(await engine.call('runs.rename', { runId, name }))
  const noteNow = async (runId: string, note: string): Promise<RunSummary> =>
    keep(await engine.call('runs.note', { runId, note }))
  async function rename(runId: string, name: string): Promise<void> {
    const before = byId.get(runId)?.name
    await nameNow(runId, name)
    if (before === undefined || before === name) return
    const title = `rename “${before}”`
    undo.remember({ title, undo: () => nameNow(runId, before), redo: () => nameNow(runId, name) })
  }
  async function note(runId: string, text: string): Promise<RunSummary> {
    const before = byId.get(runId)?.note
    const run = await noteNow(runId, text)
    if (before !== undefined && before !== text) {
      const title = `change the note of “${run.name}”`
      undo.remember({ title, undo: () => noteNow(runId, before), redo: () => noteNow(runId, text) })
    }
    return run
  }

  const bring = async (before: Before): Promise<unknown> =>
    inParts(before, async (part) => (await engine.call('runs.restore', { before: part })).restored)
  const editNow = async (runIds: readonly string[], change: RunEdit): Promise<Before> =>
    inParts(runIds, async (part) => (await engine.call('runs.edit', { runIds: part, ...change })).before)
  /** Tags and archive of many at once; returns how many changed. */
  async function edit(runIds: readonly string[], change: RunEdit): Promise<number> {
    const before = await editNow(runIds, change)
    if (before.length === 0) return 0
    const entry = {
      title: editTitle(change, before.length),
      undo: () => bring(before),
      redo: () =>
        editNow(
          before.map(({ runId }) => runId),
          change,
        ),
    }
    undo.remember(entry, editSentence(change, before.length))
    return before.length
  }

  function mark(runIds: readonly string[], deletedAt: number | null): void {
    for (const id of runIds) {
      const run = byId.get(id)
      if (run) byId.set(id, { ...run, deletedAt })
    }
    void recount()
  }
  async function toBin(runIds: readonly string[]): Promise<string[]> {
    const deleted = await inParts(runIds, async (part) => (await engine.call('runs.delete', { runIds: part })).deleted)
    mark(deleted, Date.now())
    return deleted
  }
  async function restore(runIds: readonly string[]): Promise<void> {
    mark(await inParts(runIds, async (part) => (await engine.call('runs.undelete', { runIds: part })).restored), null)
  }
  /** Moves runs to the bin; the notice offers to bring them back. Returns the ids of those that went. */
  async function remove(runIds: readonly string[]): Promise<string[]> {
    const name = byId.get(runIds[0] ?? '')?.name
    const deleted = await toBin(runIds)
    if (deleted.length === 0) return deleted
    const one = deleted.length === 1 && name !== undefined
    undo.remember(
      {
        title: one ? `delete “${name}”` : `delete ${countedRuns(deleted.length)}`,
        undo: () => restore(deleted),
        redo: () => toBin(deleted),
      },
      one ? `“${name}” was deleted.` : sentence(deleted.length, 'deleted'),
    )
    return deleted
  }
  return { rename, note, edit, remove, restore }
}

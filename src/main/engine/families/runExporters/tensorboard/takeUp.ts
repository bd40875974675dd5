/** Where the event files of a model stand, for whoever goes on with them. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createYielding } from '../../../images/yielding'
import { beginEventFile, continueEventFile, type EventFile } from './eventFile'
import { sessionTags } from './events'
import { readEventFile, type ReadEvent } from './read'
import type { Written } from './stageEvents'

export interface TakenUp {
  readonly file: EventFile
  readonly written: Written
  /** The model's settings stand in it already. */
  readonly hasSession: boolean
  /** And how it ended. */
  readonly hasEnd: boolean
}

/**
 * Goes on behind what a folder's event files hold; they are the only memory of it, so that nothing can be written
 * twice. Behind an event that a kill has cut off a new file begins: readers stop there.
 * @param time of a new file, in milliseconds since 1970
 */
export async function takeUpEvents(folder: string, time: number): Promise<TakenUp> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes('tfevents')).sort()
  const written: Written = new Map()
  const plugins = new Set<string>()
  let end: { path: string; whole: boolean } | null = null
  const yielding = createYielding()
  for (const name of names) {
    const path = join(folder, name)
    const bytes = await readEventFile(path, async (event) => {
      for (const { tag, plugin } of event.values) if (plugin) plugins.add(tag)
      note(written, event)
      if (yielding.due()) await yielding.pause()
    })
    end = { path, whole: bytes === (await stat(path)).size }
  }
  const file = end?.whole ? await continueEventFile(end.path) : await beginEventFile(folder, time)
  return { file, written, hasSession: plugins.has(sessionTags.start), hasEnd: plugins.has(sessionTags.end) }
}

function note(written: Written, { step, restarts, values }: ReadEvent): void {
  if (restarts) forgetFrom(written, step)
  for (const { tag, plugin } of values) if (!plugin) written.set(tag, step)
}

/** What was recorded from a step on comes again. */
export function forgetFrom(written: Written, step: number): void {
  for (const [tag, last] of written) if (last >= step) written.set(tag, step - 1)
}

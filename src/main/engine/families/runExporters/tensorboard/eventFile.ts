/** An event file that grows: events are collected and appended some kilobytes at a time. */
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileVersion } from './events'
import { recordOf } from './records'

const collectedBytes = 256 * 1024

export interface EventFile {
  readonly path: string
  /** Takes note of an event; `true` when enough has been collected to be written. */
  add(event: Uint8Array): boolean
  /** Everything that was added is in the file. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * TensorBoard finds such files by "tfevents" in their names, and reads those of a folder in the order of their names.
 * @param part tells files of one second apart
 */
const nameOf = (time: number, part: number): string =>
  `events.out.tfevents.${String(Math.floor(time / 1000)).padStart(10, '0')}.abd-workbench.${part}`

/** Begins a file in a folder, which is made where it is missing. */
export async function beginEventFile(folder: string, time: number): Promise<EventFile> {
  await mkdir(folder, { recursive: true })
  for (let part = 0; ; part++) {
    const path = join(folder, nameOf(time, part))
    const handle = await open(path, 'ax').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return null
      throw error
    })
    if (!handle) continue
    const file = growing(path, handle)
    file.add(fileVersion(time))
    return file
  }
}

/** Goes on at the end of a file. */
export const continueEventFile = async (path: string): Promise<EventFile> => growing(path, await open(path, 'a'))

function growing(path: string, handle: FileHandle): EventFile {
  let collected: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (bytes === 0) return
    const whole = Buffer.concat(collected)
    collected = []
    bytes = 0
    await handle.appendFile(whole)
  }
  return {
    path,
    add(event) {
      const record = recordOf(event)
      collected.push(record)
      bytes += record.length
      return bytes >= collectedBytes
    },
    flush,
    async close() {
      try {
        await flush()
      } finally {
        await handle.close()
      }
    },
  }
}

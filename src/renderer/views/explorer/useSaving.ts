import { ref, shallowRef } from 'vue'
import type { ImageSource } from '@shared/domain'
import { UserError } from '@shared/errors'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'
import { useNoticesStore } from '../../stores/notices'
import type { ColumnInfo } from './columns'
import { partsOfKey } from './imageKey'
import { imagePixels } from './imagePixels'
import type { SavedImage } from './savedImages'
import type { Lane } from './useLanes'

/** Images of one archive: 40 MB of 32×32×3 are in memory at most. */
export const mostSaved = 10_000

export interface SavingSource {
  readonly lanes: () => readonly Lane[]
  readonly source: () => ImageSource
  readonly columns: () => readonly ColumnInfo[]
  readonly stepTitle: () => string
}

/** Saves selected images: their numbers as CSV, or with them as PNG in one archive. */
export function useSaving({ lanes, source, columns, stepTitle }: SavingSource) {
  const { engine, host } = useConnection()
  const notices = useNoticesStore()
  const task = useNewestTask()
  const saving = ref(false)
  /** Images that are read, of so many. */
  const progress = shallowRef<{ done: number; of: number } | null>(null)

  function save(keys: readonly number[]): Promise<unknown> {
    return notices.attempt('The images could not be saved.', async () => {
      if (keys.length > mostSaved)
        throw new UserError('These are too many images for one archive.', {
          wanted: `at most ${mostSaved}`,
          got: String(keys.length),
          action: 'Select fewer, or save all steps of a run with Export on its page.',
        })
      saving.value = true
      progress.value = { done: 0, of: keys.length }
      try {
        const outcome = await task.run((signal) => gathered(keys, signal))
        if (outcome.kind === 'failed') throw outcome.error
        if (outcome.kind === 'overtaken') return
        await write(outcome.value, keys.length)
      } finally {
        saving.value = false
        progress.value = null
      }
    })
  }
  async function gathered(keys: readonly number[], signal: AbortSignal): Promise<SavedImage[]> {
    const asked = { lanes: lanes(), source: source(), keys, signal }
    const answers = await imagePixels(engine, {
      ...asked,
      progress: (done) => {
        progress.value = { done, of: keys.length }
      },
    })
    return keys.flatMap((key) => {
      const { lane: number, at, index } = partsOfKey(key)
      const lane = asked.lanes.find((one) => one.number === number)
      const batch = answers.get(key)?.batch
      const span = lane?.table.spans.find((one) => one.at === at)
      if (!lane || !batch || !span) return []
      const values = columns().map(({ id }) => lane.table.columns.get(id)?.[span.first + index] ?? NaN)
      const { runId: run, model, name: student } = lane.student
      return [{ run, runName: model?.runName ?? '', student, at, index, batch, values }]
    })
  }
  async function write(images: readonly SavedImage[], asked: number): Promise<void> {
    const { archiveOf, numbersCsv } = await import('./savedImages')
    const csv = numbersCsv(images, columns(), stepTitle().toLowerCase())
    const data = await archiveOf(images, csv)
    const done = await host.saveFile({ name: 'images.zip', data, type: 'application/zip' })
    if (done && images.length < asked)
      notices.show({
        severity: 'warning',
        title: `${asked - images.length} of ${asked} images could not be read and are not in the archive.`,
      })
  }
  return { saving, progress, save, cancel: () => task.abort() }
}

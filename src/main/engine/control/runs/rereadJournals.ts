/**
 * A database that was begun anew knows of a stage what its run's copy says, and nothing of its curves and images. The
 * journals that trainings have written still lie in the stages' folders, and tell it again.
 */
import { listAttempts } from '../../protocol/taskFiles'
import { readJournal } from '../executors/journal/follower'
import type { EngineLog } from '../log'
import type { KeptStage, RunStore } from '../store'
import type { RunRecorder } from './recorder'
import { createStageReports } from './stageReports'
import type { StageContext } from './types'

export interface RereadOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  readonly log: Pick<EngineLog, 'error' | 'info'>
  /** Nothing is read any more; the next engine goes on. */
  readonly isClosed: () => boolean
}

export async function rereadJournals({ store, recorder, log, isClosed }: RereadOptions): Promise<void> {
  if (!store.lacks('what journals say')) return
  let failed = 0
  for (const stage of [...store.stages.all()]) {
    if (isClosed()) return
    // What works is read from its beginning by whoever follows it.
    if (stage.state === 'running' || !store.stages.has(stage.place)) continue
    await reread(stage, store, recorder).catch((error: unknown) => {
      failed += 1
      log.error(`What ${stage.place} had recorded could not be read again.`, error)
    })
  }
  // The next engine goes on: with what is left, or with what a disk would not give today.
  if (isClosed() || failed > 0) return
  store.has('what journals say')
  log.info('Curves and images were read again from what trainings had written.')
}

/** Of a stage whose journal nobody has read here. */
export async function reread({ place }: Readonly<KeptStage>, store: RunStore, recorder: RunRecorder): Promise<void> {
  const folder = store.stageFolder(place)
  const runId = store.runs.naming(place)[0]
  if (runId === undefined || listAttempts(folder).length === 0) return
  const context = recordedAlone(recorder.contextOf(place, runId, store.runs.config(runId)), store)
  let fault: unknown = null
  const reports = createStageReports({
    context,
    folder,
    onFault: (error) => {
      fault ??= error
    },
  })
  // An engine that was killed at it had come so far.
  const from = store.positions.of(place)?.kept ?? null
  await readJournal({ folder, from, onReport: (report, at) => void reports.write(report, at) })
  await reports.written()
  if (fault instanceof Error) throw fault
}

/** Points, images, pool and artifacts: the stage's record and the log are what they are, and nobody is told. */
function recordedAlone(context: StageContext, store: RunStore): StageContext {
  const nothing = (): void => undefined
  return {
    ...context,
    keep: (alongside) => store.metrics.flush(alongside),
    update: nothing,
    observe: nothing,
    forgetHealthAfter: nothing,
    tellMetrics: nothing,
    watchesImages: () => false,
    tellImages: nothing,
    addWarning: nothing,
    preparing: nothing,
    deviceFound: nothing,
    log: nothing,
    notice: nothing,
  }
}

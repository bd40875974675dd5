/** Event files that grow while the run trains. */
import { join } from 'node:path'
import type { StageState } from '../../../../../shared/domain'
import { folderOf } from '../names'
import type { LiveExport, RunToExport, StageToExport } from '../types'
import { restartAt } from './events'
import { addFigures, addImages, addScalars, addSession, addSessionEnd, type StageEvents } from './stageEvents'
import { sessionStatusOf } from './status'
import { metricOf } from '../tags'
import { forgetFrom, takeUpEvents, type TakenUp } from './takeUp'

export const liveEvents = (folder: string): LiveExport => new LiveEvents(folder)

/** Nothing more comes of a stage in such a state. */
const isOver = (state: StageState): boolean => state === 'done' || state === 'failed'

class LiveEvents implements LiveExport {
  private readonly open = new Map<string, TakenUp>()
  private readonly over = new Set<string>()

  constructor(private readonly folder: string) {}

  async update(run: RunToExport): Promise<void> {
    for (const stage of run.stages) {
      const { kind, id, state } = stage.record
      if (kind !== 'data' && state !== 'waiting' && !this.over.has(id)) await this.append(run, stage)
      // Trained again, or taken up after it had failed.
      if (!isOver(state)) this.over.delete(id)
    }
  }

  async close(): Promise<void> {
    for (const { file } of this.open.values()) await file.close()
    this.open.clear()
  }

  private async append(run: RunToExport, stage: StageToExport): Promise<void> {
    const { id, state, step } = stage.record
    const clock = await stage.clock()
    const taken = this.open.get(id) ?? (await takeUpEvents(join(this.folder, folderOf(stage)), clock.at(0)))
    const events: StageEvents = { ...taken, run, stage, signal: undefined }
    if (!this.open.has(id) && !taken.hasSession) await addSession(events, clock.at(0))
    this.open.set(id, taken)
    goBack(stage, taken, clock.at(step))
    await addScalars(events)
    await addImages(events)
    await addFigures(events)
    if (!isOver(state)) return
    if (!taken.hasEnd) await addSessionEnd(events, clock.at(step), sessionStatusOf(state))
    await taken.file.close()
    this.open.delete(id)
    this.over.add(id)
  }
}

/** A stage that went on from a checkpoint before what was written: readers are told from where it comes again. */
function goBack(stage: StageToExport, { file, written }: TakenUp, time: number): void {
  const newest = stage.lastSteps()
  const forgotten = [...written].flatMap(([tag, step]) => {
    const last = newest.get(metricOf(tag))
    return last !== undefined && last < step ? [last + 1] : []
  })
  if (forgotten.length === 0) return
  const from = Math.min(...forgotten)
  file.add(restartAt(time, from))
  forgetFrom(written, from)
}

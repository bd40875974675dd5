/** The events of one model, appended to its file; called again, it goes on behind what the file holds already. */
import type { MetricSeries } from '../../../../../shared/domain'
import { drawFigure } from '../../../images/figures'
import { createYielding } from '../../../images/yielding'
import { settingsOf } from '../settings'
import type { RunToExport, StageToExport, StepClock } from '../types'
import type { EventFile } from './eventFile'
import { image, scalars, sessionEnd, sessionStart, type SessionStatus } from './events'
import { figureTag, imagesTag, tagOf } from '../tags'

/** The last step of each tag that a file holds. */
export type Written = Map<string, number>

export interface StageEvents {
  readonly file: EventFile
  readonly written: Written
  readonly run: RunToExport
  readonly stage: StageToExport
  readonly signal: AbortSignal | undefined
}

const isNew = (written: Written, tag: string, step: number): boolean => step > (written.get(tag) ?? -1)

/** The model with its settings, for TensorBoard's table of hyperparameters. */
export async function addSession({ file, run, stage }: StageEvents, time: number): Promise<void> {
  file.add(sessionStart(time, settingsOf(run, stage), `${run.run.id}/${stage.record.id}`))
  await file.flush()
}

export async function addSessionEnd({ file }: StageEvents, time: number, status: SessionStatus): Promise<void> {
  file.add(sessionEnd(time, status))
  await file.flush()
}

interface Column {
  readonly tag: string
  readonly series: MetricSeries
  at: number
}

/** One event for each step with all numbers of it, in the order of the steps. */
export async function addScalars(events: StageEvents): Promise<void> {
  const { file, written, run, stage, signal } = events
  const after = new Map(
    Object.entries(run.definitions).flatMap(([metric, definition]) => {
      const step = written.get(tagOf(metric, definition))
      return step === undefined ? [] : [[metric, step] as const]
    }),
  )
  const columns = Object.entries(await stage.metrics(after)).map(([metric, series]): Column => ({
    tag: tagOf(metric, run.definitions[metric]),
    series,
    at: 0,
  }))
  if (columns.every(({ series }) => series.steps.length === 0)) return
  const clock = await stage.clock()
  const yielding = createYielding(signal)
  for (;;) {
    const step = Math.min(...columns.map(({ series, at }) => series.steps[at] ?? Infinity))
    if (step === Infinity) break
    const values = columns.flatMap((column): [string, number][] => {
      if (column.series.steps[column.at] !== step) return []
      const value = column.series.values[column.at] ?? NaN
      column.at += 1
      return isNew(written, column.tag, step) ? [[column.tag, value]] : []
    })
    for (const [tag] of values) written.set(tag, step)
    const full = values.length > 0 && file.add(scalars(clock.at(step), step, values))
    if (full) await file.flush()
    if (yielding.due()) await yielding.pause()
  }
  await file.flush()
}

/** The kept images that are there still; a step that cannot be read is left out and counted. */
export async function addImages(events: StageEvents, told: (fraction: number) => void = () => undefined) {
  const { file, written, stage, signal } = events
  const steps = stage.imageSteps().filter((step) => isNew(written, imagesTag, step))
  let unreadable = 0
  if (steps.length === 0) return { unreadable }
  const clock = await stage.clock()
  for (const [index, step] of steps.entries()) {
    signal?.throwIfAborted()
    const grid = await stage.imageGrid(step).catch(() => null)
    written.set(imagesTag, step)
    if (!grid) unreadable += 1
    else if (file.add(image(clock.at(step), step, imagesTag, grid))) await file.flush()
    told((index + 1) / steps.length)
  }
  await file.flush()
  return { unreadable }
}

/** What the analyses have found, drawn. */
export async function addFigures({ file, written, stage, signal }: StageEvents): Promise<void> {
  let clock: StepClock | undefined
  for (const figure of stage.figures()) {
    const tag = figureTag(figure.analysis, figure.name)
    if (!isNew(written, tag, figure.step)) continue
    signal?.throwIfAborted()
    clock ??= await stage.clock()
    file.add(image(clock.at(figure.step), figure.step, tag, await drawFigure(figure)))
    written.set(tag, figure.step)
  }
  await file.flush()
}

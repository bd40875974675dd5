import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventHub, type EventHub } from '../../../../src/main/engine/control/events'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { keptPosition } from '../../../../src/main/engine/control/runs/keptPosition'
import { createRunRecorder, type RunRecorder } from '../../../../src/main/engine/control/runs/recorder'
import { createStageReports, type StageReports } from '../../../../src/main/engine/control/runs/stageReports'
import { openStore, placeInRun, type RunStore } from '../../../../src/main/engine/control/store'
import { pictureFile } from '../../../../src/main/engine/protocol/pictureFiles'
import type { JournalPosition, TaskReport } from '../../../../src/main/engine/protocol/taskFolder'
import { createPictures, type Pictures } from '../../../../src/main/engine/trainer/task/pictures'
import type { EngineEvents } from '../../../../src/shared/contract'
import { fakeCatalogue } from '../../../fakes/catalogue'
import { imagesAt } from '../../../fakes/outcomes'
import { FakeRun } from '../../../fakes/run'

const place = placeInRun('a', 'student-1')

/** A control as far as it keeps what a stage reports. */
interface Control {
  readonly store: RunStore
  readonly hub: EventHub
  readonly recorder: RunRecorder
  readonly reports: StageReports
  /** What it held in memory is lost. */
  die(): void
}

let folder = ''
let task = ''
let pictures: Pictures
let control: Control
const faults: unknown[] = []

function openControl(): Control {
  const store = openStore(folder)
  if (!store.runs.has('a')) store.runs.insert(new FakeRun('a', fakeCatalogue.defaults, null, 1).detail)
  const hub = createEventHub((error) => faults.push(error))
  const recorder = createRunRecorder(store, hub, createEngineLog(null))
  const context = recorder.contextOf(place, 'a', fakeCatalogue.defaults)
  let alive = true
  const reports = createStageReports({ context, folder: task, onFault: (error) => alive && faults.push(error) })
  const die = (): void => {
    alive = false
    // Nothing that is buffered may reach the disk.
    vi.spyOn(store.metrics, 'flush').mockImplementation(() => undefined)
    recorder.dispose()
    store.close()
  }
  return { store, hub, recorder, reports, die }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-reports-'))
  task = join(folder, 'runs', 'a', 'student-1')
  mkdirSync(task, { recursive: true })
  pictures = createPictures(task, () => Promise.resolve())
  control = openControl()
  faults.length = 0
})
afterEach(() => {
  control.die()
  rmSync(folder, { recursive: true, force: true })
})

interface Told {
  readonly report: TaskReport
  readonly at: JournalPosition
}

const attempt = (name: string, resumes: boolean): TaskReport => ({
  type: 'attempt',
  resumes,
  attempt: name,
  host: 'here',
  pid: 1,
  processStart: null,
  job: null,
})
const metrics = (step: number, value = step): TaskReport => ({
  type: 'metrics',
  points: [{ name: 'loss', step, value }],
})
const progress = (step: number): TaskReport => ({
  type: 'progress',
  step,
  totalSteps: 6,
  seconds: step,
  secondsLeft: 0,
})
const artifact = (step: number): TaskReport => ({ type: 'artifact', analysis: 'classes', step, artifact: { step } })
const image = (step: number): Promise<TaskReport> => pictures.images(imagesAt(fakeCatalogue.defaults, 0, step, 30, 2))

/** An attempt that is killed after its step 5, and one that goes on from the checkpoint of step 3. */
async function twoAttempts(): Promise<Told[]> {
  const evaluation = { accuracy: 0.5, asr: null, asrAll: null, robustAccuracy: null, images: 1, nonTarget: 1 }
  const first: TaskReport[] = [
    attempt('1', false),
    { type: 'stepUnits', units: { imagesPerStep: 128, stepsPerEpoch: 2 } },
    progress(0),
    metrics(1),
    { type: 'warning', message: 'careful' },
    metrics(2),
    await image(2),
    { type: 'log', level: 'info', message: 'the same words' },
    metrics(3),
    artifact(3),
    { type: 'checkpoint', step: 3, path: '' },
    metrics(4, 40),
    await image(4),
    artifact(4),
    metrics(5, 50),
    { type: 'log', level: 'info', message: 'the same words' },
  ]
  const second: TaskReport[] = [
    attempt('2', true),
    { type: 'log', level: 'info', message: 'resumed' },
    progress(3),
    metrics(4),
    await image(4),
    metrics(5),
    { type: 'findings', findings: [{ severity: 'ok', message: 'fine' }] },
    metrics(6),
    { type: 'evaluation', step: 6, evaluation },
    { type: 'finished', outcome: 'done', step: 6, evaluation, weights: null },
  ]
  return [first, second].flatMap((reports, index) =>
    reports.map((report, number) => ({
      report,
      at: { attempt: String(index + 1), offset: 100 * (number + 1), number: number + 1 },
    })),
  )
}

async function tell(told: readonly Told[]): Promise<void> {
  for (const { report, at } of told) {
    control.reports.write(report, at)
    if (report.type !== 'images') continue
    await vi.waitFor(() => expect(control.store.images.steps(place)).toContain(report.labels.step))
  }
}

async function everythingKept(): Promise<unknown> {
  const { store } = control
  await control.reports.written()
  const { seconds: _seconds, ...stage } = store.stages.get(place)
  return {
    stage,
    series: await store.metrics.read(place),
    images: store.images.steps(place),
    artifacts: store.artifacts.newestSteps(place),
    log: store.readLog('a', 100).map(({ level, message }) => [level, message]),
  }
}

const keptNow = (): JournalPosition | null => keptPosition({ positions: control.store.positions, place, folder: task })

const isBehind = (mark: JournalPosition | null, { at }: Told): boolean =>
  mark === null || (at.attempt === mark.attempt ? at.offset > mark.offset : at.attempt > mark.attempt)

describe('what a stage reports', () => {
  it('is kept once, wherever a control died and from wherever the next one reads on', async () => {
    const told = await twoAttempts()
    await tell(told)
    const wanted = await everythingKept()
    expect(wanted).toMatchObject({
      stage: { stepUnits: { imagesPerStep: 128, stepsPerEpoch: 2 } },
      images: [2, 4],
      artifacts: { classes: 3 },
      series: { loss: { values: Float64Array.from([1, 2, 3, 4, 5, 6]) } },
    })
    for (let died = 1; died <= told.length; died += 2) {
      control.die()
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(task, { recursive: true })
      control = openControl()
      const again = await twoAttempts()
      // Kept at some place before it died, or never.
      const kept = died % 3 === 1 ? 0 : Math.floor(died / 2)
      await tell(again.slice(0, kept))
      if (kept > 0) await control.reports.written()
      await tell(again.slice(kept, died))
      control.die()
      control = openControl()
      const mark = keptNow()
      await tell(again.filter((one) => isBehind(mark, one)))
      expect(await everythingKept(), `died after ${died}, kept ${kept}`).toEqual(wanted)
    }
    expect(faults).toEqual([])
  })

  it('ends where it is told to end, again for a control that had not written that down', async () => {
    const told = await twoAttempts()
    await tell(told.slice(0, -1))
    const last = told.at(-1) as Told
    expect(control.reports.write(last.report, last.at)).toMatchObject({ type: 'done' })
    await control.reports.written()
    expect(isBehind(keptNow(), last)).toBe(true)
    expect(isBehind(keptNow(), told.at(-2) as Told)).toBe(false)
  })

  it('finds a collapsed generator and numbers that are not finite, and forgets them with the steps they are of', async () => {
    const kinds = (): string[] =>
      (control.store.runs.peek('a').stages.find((stage) => stage.place === place)?.health ?? []).map(({ kind }) => kind)
    const oneClass = async (step: number): Promise<TaskReport> => {
      const report = await image(step)
      if (report.type !== 'images') throw new Error('no images')
      return { ...report, labels: { ...report.labels, count: 64, teacherClass: new Array<number>(64).fill(4) } }
    }
    const at = (number: number): JournalPosition => ({ attempt: '1', offset: 100 * number, number })
    const reports = [attempt('1', false), progress(3), await oneClass(3), metrics(4), metrics(5, NaN)]
    reports.forEach((report, number) => control.reports.write(report, at(number)))
    await control.reports.written()
    expect(kinds()).toEqual(['notFinite', 'collapsedGenerator'])
    const again = [attempt('2', true), progress(3), metrics(4), await image(4)]
    again.forEach((report, number) => control.reports.write(report, { ...at(number), attempt: '2' }))
    await control.reports.written()
    expect(kinds()).toEqual([])
    expect(faults).toEqual([])
  })

  it('gives whoever looks the pixels of a picture, and decodes it for nobody else', async () => {
    const images = imagesAt(fakeCatalogue.defaults, 0, 2, 30, 3)
    const at = { attempt: '1', offset: 1, number: 1 }
    control.reports.write(await pictures.images(images), at)
    await control.reports.written()
    const seen: EngineEvents['run.images'][] = []
    control.hub.subscribe('run.images', { runId: 'a' }, (event) => seen.push(event))
    control.reports.write(await pictures.images({ ...images, step: 3 }), at)
    await control.reports.written()
    expect(seen).toEqual([{ runId: 'a', stageId: 'student-1', step: 3, images: { ...images, step: 3 } }])
  })

  it('is not kept past the word that a process goes on from a checkpoint, until it has said from which', async () => {
    const told = await twoAttempts()
    const resumes = told.findIndex(({ report }) => report.type === 'attempt' && report.resumes)
    await tell(told.slice(0, resumes + 2))
    await control.reports.written()
    expect(isBehind(keptNow(), told[resumes] as Told)).toBe(true)
    expect(isBehind(keptNow(), told[resumes - 1] as Told)).toBe(false)
    control.die()
    control = openControl()
    await tell(told.slice(resumes))
    await control.reports.written()
    expect(control.store.images.steps(place)).toEqual([2, 4])
    expect((await control.store.metrics.read(place)).loss?.values).toEqual(Float64Array.from([1, 2, 3, 4, 5, 6]))
  })

  it('is kept in one transaction with how far it was read, or not at all', async () => {
    const [first, ...others] = await twoAttempts()
    await tell([first as Told, ...others.slice(0, 4)])
    const fault = new Error('no space')
    vi.spyOn(control.store.positions, 'keep').mockImplementation(() => {
      throw fault
    })
    await control.reports.written()
    expect(faults).toEqual([fault])
    expect(keptNow()?.offset ?? 0).toBe(0)
    vi.restoreAllMocks()
    await control.reports.written()
    expect(control.store.database.columns('SELECT step FROM metrics')).toEqual([[1]])
    expect(isBehind(keptNow(), others[3] as Told)).toBe(false)
    faults.length = 0
  })

  it('and is not there any more when the stage is done is told: in the run, its log and a notice', async () => {
    const notices: string[] = []
    control.hub.subscribe('engine.notice', {}, ({ title }) => notices.push(title))
    const at = (number: number): JournalPosition => ({ attempt: '1', offset: 100 * number, number })
    const grids = [await image(2), await image(3), await image(4)]
    grids.forEach((report, number) => control.reports.write(report, at(number + 1)))
    rmSync(join(task, pictureFile('images', 3)))
    await control.reports.written('done')
    const words = 'the images of 1 step were recorded and are not on disk any more (3).'
    expect(control.store.stages.get(place).warnings).toEqual([words])
    expect(notices).toEqual([expect.stringContaining(words)])
    expect(control.store.readLog('a', 10).map(({ message }) => message)).toEqual([expect.stringContaining(words)])
  })
})

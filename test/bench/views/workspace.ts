/**
 * A workspace of any number of runs that nobody trained, for measuring and looking at views: conditions, seeds, states
 * and names as a lab has them, numbers from a seeded generator.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { families } from '../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { newRun, newRunId } from '../../../src/main/engine/control/runs/newRun'
import { openStore, placeOfKey, type RunStore, type RunToKeep } from '../../../src/main/engine/control/store'
import { classes } from '../../../src/main/engine/families/analyses/classes'
import { keptImages } from '../../../src/main/engine/families/analyses/keptImages'
import { microscope } from '../../../src/main/engine/families/analyses/microscope'
import { modelInspection } from '../../../src/main/engine/families/analyses/modelInspection'
import { triggerLeakage } from '../../../src/main/engine/families/analyses/triggerLeakage'
import { encodeGrid } from '../../../src/main/engine/images/imageGrid'
import { pictureFile } from '../../../src/main/engine/protocol/pictureFiles'
import {
  newlyAsked,
  type Evaluation,
  type ImageNumbersArtifact,
  type MetricPoint,
  type PanelsArtifact,
  type RunState,
  type StageRecord,
  type SyntheticImages,
} from '../../../src/shared/domain'
import { randomOf } from '../../fixtures/random'
import quick from '../../../resources/presets/quick.json'

const attacks = ['badnet_grid', 'badnet_sq', 'blend', 'trojan_wm', 'sig']
const ratios = [0.01, 0.05, 0.1]
const coefficients = [0.1, 0.5, 1, 2]
const temperatures = [1, 4, 20]
const testImages = 1000
const otherImages = 900
const pseudoBatches = 300
const evaluations = 10
const start = Date.UTC(2026, 0, 1)
const minute = 60_000

/** What the last run has: its charts and its image slider are those that are looked at. */
export interface LastRun {
  readonly students: number
  /** Of each student's curve. */
  readonly points: number
  readonly imageSteps: number
  readonly imagesPerStep: number
  /** So many of the students kept images. */
  readonly withImages: number
  /** Whether these images have been measured, and these students evaluated with confusion matrices. */
  readonly explored?: boolean
}
const heavy: LastRun = { students: 10, points: 50_000, imageSteps: 200, imagesPerStep: 64, withImages: 4 }
/** The same with what the explorer and the time machine show. */
export const exploredRun: LastRun = { ...heavy, explored: true }
/** Enough to show every view. */
export const lightRun: LastRun = {
  students: 3,
  points: 300,
  imageSteps: 4,
  imagesPerStep: 16,
  withImages: 2,
  explored: true,
}

const table = memberTable(families)
let random = randomOf(1)
const pick = <Value>(values: readonly Value[], index: number): Value => values[index % values.length] as Value
const shareOf = (rate: number, images: number): number =>
  Math.min(images, Math.max(0, Math.round((rate + (random() - 0.5) * 0.06) * images))) / images

interface Planned {
  readonly run: RunToKeep
  /** By stage id. */
  readonly rates: ReadonlyMap<string, { readonly accuracy: number; readonly asr: number }>
}

const stateOf = (index: number): RunState => {
  if (index % 53 === 7) return 'failed'
  if (index % 61 === 9) return 'stopped'
  return index % 97 === 11 ? 'interrupted' : 'done'
}

/** Conditions vary fastest, seeds slowest, as studies are worked off. */
function plannedRun(index: number): Planned {
  const attack = pick(attacks, index)
  const ratio = pick(ratios, Math.floor(index / 5))
  const coefficient = pick(coefficients, Math.floor(index / 15))
  const temperature = pick(temperatures, Math.floor(index / 60))
  const seed = Math.floor(index / 180)
  const long = 'Signs, quick look with the terms of the inversion methods and a longer distillation'
  const { config } = resolveExperiment(
    {
      ...quick.config,
      name: `${long}, ${attack}, ρ = ${ratio}, c = ${coefficient}, T = ${temperature}, seed ${seed}`,
      seed,
      attack: { id: attack },
      poisoning: { ratio, target: 0, holdout: 0 },
      distillation: {
        ...quick.config.distillation,
        method: { id: 'zskt', params: { ...quick.config.distillation.method.params, temperature } },
      },
      students: [
        { defenses: [] },
        { defenses: [{ id: 'sv', params: { coefficient } }] },
        { defenses: [{ id: 'sr', params: { takeover: 50 } }] },
      ],
    },
    table,
  )
  const createdAt = start + index * minute
  const run = newRun({
    id: newRunId(new Date(createdAt), index.toString(16).padStart(4, '0')),
    config,
    createdAt,
    preset: index % 3 === 0 ? 'quick' : null,
    note: index % 40 === 0 ? 'Looked at by hand; the trigger shows in the synthetic images.' : '',
  })
  const state = stateOf(index)
  const rates = new Map<string, { accuracy: number; asr: number }>()
  const stages = run.stages.map((stage) => stageOf({ stage, index, state, seed, attack, ratio, temperature, rates }))
  const seconds = 200 + Math.round(random() * 100)
  return {
    rates,
    run: {
      ...run,
      stages,
      state,
      startedAt: createdAt,
      endedAt: createdAt + seconds * 1000,
      seconds,
      tags: [...(index % 25 === 0 ? ['paper'] : []), ...(index % 90 < 10 ? ['old'] : [])],
    },
  }
}

interface StagePlan {
  readonly stage: StageRecord
  readonly index: number
  readonly state: RunState
  readonly seed: number
  readonly attack: string
  readonly ratio: number
  readonly temperature: number
  readonly rates: Map<string, { accuracy: number; asr: number }>
}

function stageOf({ stage, index, state, seed, attack, ratio, temperature, rates }: StagePlan): StageRecord {
  const shared = stage.kind === 'student' ? [index] : []
  const key = createHash('sha256')
    .update(JSON.stringify([stage.id, seed, attack, ratio, ...shared]))
    .digest('hex')
    .slice(0, 32)
  const place = placeOfKey(key)
  const lastFails = state !== 'done' && stage.id === 'student-3'
  const dead = stage.kind === 'student' && index % 71 === 3
  const [base, attacked] =
    stage.kind === 'teacher' ? [0.99, 0.98] : stage.id === 'student-1' ? [0.85, 0.9] : [0.78, 0.1 + 0.02 * temperature]
  const measured = { accuracy: dead ? 0.1 : base, asr: dead ? 0 : attacked }
  if (stage.kind !== 'data') rates.set(stage.id, measured)
  const evaluation: Evaluation | null =
    stage.kind === 'data'
      ? null
      : {
          accuracy: dead ? 0.1 : shareOf(measured.accuracy, testImages),
          asr: dead ? 0 : shareOf(measured.asr, otherImages),
          asrAll: shareOf(measured.asr, testImages),
          robustAccuracy: dead ? 0.1 : shareOf(measured.accuracy * (1 - measured.asr), otherImages),
          images: testImages,
          nonTarget: otherImages,
          topAnswer: { label: 3, share: dead ? 1 : 0.11 },
          classes: 10,
        }
  return {
    ...stage,
    key,
    place,
    keyDevice: 'cpu',
    state: lastFails && state !== 'queued' ? state : 'done',
    step: lastFails ? pseudoBatches / 2 : pseudoBatches,
    totalSteps: pseudoBatches,
    seconds: 40 + Math.round(random() * 40),
    evaluation: lastFails ? null : evaluation,
  }
}

/** A rate that rises from chance to its end. */
const risen = (rate: number, at: number): number => 0.1 + (rate - 0.1) * (1 - Math.exp(-4 * at))

function writeCurves(
  store: RunStore,
  { run, rates }: Pick<Planned, 'rates'> & { run: Pick<RunToKeep, 'stages'> },
): void {
  for (const { id, place = '', kind, index } of run.stages) {
    const ends = rates.get(id)
    if (!ends || (kind === 'teacher' && index > 0)) continue
    const points = Array.from({ length: evaluations }, (_, at) => (at + 1) / evaluations).flatMap(
      (at): MetricPoint[] => [
        { name: 'accuracy', step: at * pseudoBatches, value: risen(ends.accuracy, at) },
        { name: 'asr', step: at * pseudoBatches, value: risen(ends.asr, at) },
      ],
    )
    store.metrics.append(place, points)
  }
}

/** A ring of the class's colour that closes over the run, under noise. */
function paint(pixels: Uint8Array, image: number, { step, student }: { step: number; student: number }): void {
  const label = image % 10
  const radius = 4 + label + (step % 500) / 100
  for (let at = 0; at < 32 * 32; at++) {
    const distance = Math.hypot((at % 32) - 15.5, Math.floor(at / 32) - 15.5)
    const ring = 150 * Math.exp(-(((distance - radius) / (2 + student)) ** 2))
    for (let channel = 0; channel < 3; channel++) {
      const hue = Math.cos(0.63 * label + 2.1 * channel)
      pixels[(image * 1024 + at) * 3 + channel] =
        70 + ring * (0.6 + 0.4 * hue) + ((at * (image + 7) * (channel + 3)) % 37)
    }
  }
}

async function writeImages(store: RunStore, stage: StageRecord, last: LastRun): Promise<void> {
  const { place = '', index: student } = stage
  const { imageSteps, imagesPerStep: count } = last
  for (let at = 0; at < imageSteps; at++) {
    const step = (at + 1) * 10
    const pixels = new Uint8Array(count * 32 * 32 * 3)
    for (let image = 0; image < count; image++) paint(pixels, image, { step, student })
    const numbers = (scale: number): number[] => Array.from({ length: count }, (_, image) => (image * scale) % 10)
    const images: SyntheticImages = {
      count,
      height: 32,
      width: 32,
      channels: 3,
      pixels,
      step,
      teacherClass: numbers(1),
      teacherConfidence: numbers(3).map((value) => value / 10),
      studentClass: numbers(7),
      studentConfidence: numbers(7).map((value) => value / 10),
      ...(student > 0 ? { suspected: numbers(3).map((value) => Number(value === 6)) } : {}),
    }
    const file = join(store.stageFolder(place), pictureFile('images', step))
    mkdirSync(dirname(file), { recursive: true })
    const grid = await encodeGrid(images)
    writeFileSync(file, grid)
    const { pixels: _pixels, ...labels } = images
    store.images.index(place, labels, { bytes: grid.byteLength, keptSteps: imageSteps })
  }
}

/** One panel of each form that panels may have. */
const panelsOf = (): PanelsArtifact => ({
  panels: [
    {
      kind: 'curves',
      title: 'Pruning: accuracy and ASR',
      definition: 'Channels set to zero.',
      content: {
        xTitle: 'Channels set to zero',
        unit: '%',
        lines: ['Accuracy', 'ASR', 'Accuracy, random order', 'ASR, random order'].map((label, line) => ({
          label,
          x: [0, 16, 32, 48, 63],
          y: [0.95, 0.9, 0.8, 0.5, 0.1].map((value) => value - 0.04 * line * random()),
          ...(line > 1 ? { control: true } : {}),
        })),
      },
    },
    {
      kind: 'histogram',
      title: 'Weights',
      definition: 'Shares of the weights.',
      content: {
        quantity: 'weight',
        bins: { from: -1, to: 1, count: 20 },
        layers: [
          {
            label: 'Convolutions',
            images: 1000,
            mean: 0,
            counts: Array.from({ length: 20 }, (_, bin) => 100 - (bin - 10) ** 2),
          },
        ],
      },
    },
    {
      kind: 'table',
      title: 'Where the trigger shows',
      definition: 'By layer.',
      content: {
        columns: [{ title: 'Layer' }, { title: 'Largest change', definition: 'TAC' }],
        rows: [
          ['conv1', 0.2],
          ['block1.layer.0.conv1', 1.4],
        ],
      },
    },
    {
      kind: 'images',
      title: 'Grad-CAM of the target class',
      definition: 'Where the answer comes from.',
      content: {
        count: 3,
        height: 8,
        width: 8,
        channels: 1,
        pixels: Buffer.from(Array.from({ length: 3 * 64 }, (_, at) => (at * 37) % 256)).toString('base64'),
        captions: ['Image', 'Teacher', 'Student'],
      },
    },
  ],
})

/** What was found, what failed, and what was cancelled; the newest is shown first. */
function writeAsked(store: RunStore, runId: string): void {
  const asked = (analysis: string, at: number, stageId: string) => ({
    ...newlyAsked({
      ...{ id: `${runId}-${analysis}`, runId, analysis, params: {}, stageIds: [stageId], step: null },
      createdAt: start + at * minute,
    }),
    startedAt: start + at * minute,
    endedAt: start + at * minute + 9000,
  })
  const error = [{ name: 'UserError', message: 'The teacher has no layers that can be looked into.', forUser: true }]
  store.asked.put({ ...asked(microscope.id, 2, 'student-1'), state: 'failed', error })
  store.asked.put({ ...asked(triggerLeakage.id, 3, 'student-1'), state: 'cancelled' })
  const line = 'accuracy 95.0 % → 10.0 %, ASR 93.0 % → 8.0 %'
  store.asked.finish({ ...asked(modelInspection.id, 4, 'teacher'), state: 'done', line }, panelsOf())
}

async function lastRun(store: RunStore, index: number, last: LastRun): Promise<void> {
  const { config } = resolveExperiment(
    {
      ...quick.config,
      name: `${last.students} students with long curves`,
      students: Array.from({ length: last.students }, (_, at) =>
        at === 0 ? { defenses: [] } : { defenses: [{ id: 'sv', params: { coefficient: at / 10 } }] },
      ),
    },
    table,
  )
  const createdAt = start + index * minute
  const run = newRun({ id: newRunId(new Date(createdAt), 'heavy'), config, createdAt })
  const rates = new Map<string, { accuracy: number; asr: number }>()
  const plan = { index: index * 1000, seed: 0, attack: 'heavy', ratio: 0.1, temperature: 4, rates } as const
  const stages = run.stages.map((stage) => stageOf({ ...plan, stage, state: 'done' }))
  store.runs.insert({ ...run, stages, state: 'done', startedAt: createdAt, endedAt: createdAt + minute })
  for (const { place = '', kind, index: student } of stages) {
    if (kind !== 'student') continue
    const points = Array.from({ length: last.points }, (_, at): MetricPoint => ({
      name: 'studentLoss',
      step: at + 1,
      value: Math.exp((-at / last.points) * (1 + student / 10)) + random() * 0.2,
    }))
    store.metrics.append(place, points)
    store.metrics.flush()
  }
  const students = stages.filter(({ kind }) => kind === 'student')
  const withImages = students.slice(0, last.withImages)
  for (const student of withImages) await writeImages(store, student, last)
  writeAsked(store, run.id)
  if (!last.explored) return
  writeCurves(store, { run: { stages: withImages }, rates })
  store.metrics.flush()
  for (const student of withImages) writeMatrices(store, student)
  writeNumbers(store, { runId: run.id, students: withImages, last })
}

/** A backdoor that is learnt first and forgotten by and by. */
function writeMatrices(store: RunStore, { place = '', index: student }: StageRecord): void {
  const images = Array.from({ length: 10 }, () => 100)
  for (let at = 1; at <= evaluations; at++) {
    const step = (at / evaluations) * pseudoBatches
    const right = Math.round(10 + 80 * (1 - Math.exp((-4 * at) / evaluations)))
    const fallen = Math.round(right * Math.exp((-student * at) / evaluations))
    const matrix = (target: number): number[][] =>
      images.map((count, truth) =>
        images.map((_, predicted) => {
          if (predicted === 0 && truth !== 0) return target
          return predicted === truth ? count - (truth === 0 ? 0 : target) : 0
        }),
      )
    const artifact = {
      images,
      confusion: matrix(100 - right),
      accuracy: images.map(() => right / 100),
      triggered: matrix(fallen),
    }
    store.artifacts.put(place, { analysis: classes.id, step, artifact })
  }
}

interface Measured {
  readonly runId: string
  readonly students: readonly StageRecord[]
  readonly last: LastRun
}

/** Groups of a plane, one for each class of the teacher, that spread out over the steps. */
function writeNumbers(store: RunStore, { runId, students, last }: Measured): void {
  const { imageSteps, imagesPerStep } = last
  const ofEach = imageSteps * imagesPerStep
  const rows = Array.from({ length: students.length * ofEach }, (_, row) => row)
  const image = (row: number): number => row % imagesPerStep
  const label = (row: number): number => image(row) % 10
  const turn = (row: number): number => (2 * Math.PI * label(row)) / 10
  const spread = (): number => random() + random() + random() - 1.5
  const artifact: ImageNumbersArtifact = {
    stages: students.map(({ id }) => id),
    trigger: null,
    shuffled: null,
    keptImages: rows.length,
    columns: {
      stage: rows.map((row) => Math.floor(row / ofEach)),
      step: rows.map((row) => (Math.floor((row % ofEach) / imagesPerStep) + 1) * 10),
      index: rows.map(image),
      teacherClass: rows.map(label),
      teacherConfidence: rows.map(() => random()),
      studentClass: null,
      studentConfidence: null,
      studentKl: rows.map(() => random()),
      shuffledKl: rows.map(() => random()),
      suspected: rows.map((row) => Number(label(row) === 6)),
      penalty: null,
      correlation: null,
      embeddingX: rows.map((row) => 8 * Math.cos(turn(row)) + spread()),
      embeddingY: rows.map((row) => 8 * Math.sin(turn(row)) + spread()),
    },
  }
  const asked = newlyAsked({
    ...{ id: `${runId}-numbers`, runId, analysis: keptImages.id, params: {} },
    ...{ stageIds: artifact.stages, step: null, createdAt: start },
  })
  store.asked.put(asked)
  store.asked.finish({ ...asked, state: 'done', startedAt: start, endedAt: start + minute }, artifact)
}

export interface WorkspaceOptions {
  readonly last?: LastRun
  readonly told?: (made: number) => void
}

/** @param runs the last of them is the one with long curves and images */
export async function makeWorkspace(folder: string, runs: number, options: WorkspaceOptions = {}): Promise<void> {
  const { last = heavy, told = () => undefined } = options
  random = randomOf(1)
  const store = openStore(folder)
  const chunk = 250
  for (let from = 0; from < runs - 1; from += chunk) {
    const planned = Array.from({ length: Math.min(chunk, runs - 1 - from) }, (_, at) => plannedRun(from + at))
    store.runs.insert(...planned.map(({ run }) => run))
    for (const plan of planned) writeCurves(store, plan)
    store.metrics.flush()
    told(from + planned.length)
  }
  await lastRun(store, runs, last)
  store.close()
  told(runs)
}

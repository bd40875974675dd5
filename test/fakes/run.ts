/** One run of the fake engine: moves a step at a time when it is told to. */
import {
  defenseLabel,
  poolBytesOf,
  type GridPixels,
  type ImagePick,
  type ImageSource,
  type KeptGrid,
  precisionOf,
  recipeOf,
  saidPrecision,
  stageIdOf,
  stageNameOf,
  stageRecipeOf,
  type ExperimentConfig,
  type ImageBatch,
  type MetricPoint,
  type MetricSeries,
  type PoolSummary,
  type RunDetail,
  type RunState,
  type RunSummary,
  type StageArtifact,
  type StageName,
  type StageRecord,
  type SyntheticImages,
} from '../../src/shared/domain'
import { RefusedInputError } from '../../src/shared/errors'
import { changedFromDefaults } from '../../src/main/engine/control/experiments/changedFromDefaults'
import { createConditions } from '../../src/main/engine/control/experiments/conditions'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { studentStageTitle } from '../../src/main/engine/control/experiments/stages'
import { classesAt, evaluationAt, oneTestImageAt, imagesAt, metricsAt, suspectsAt, type Subject } from './outcomes'
import { fakeMembers } from './catalogue'
import { fakeDevice } from './device'
import { formsAt } from './forms'

const callImages = 80

interface ArtifactsAsked {
  readonly stageId?: string | undefined
  readonly analysis?: string | undefined
  readonly notAfter?: number | undefined
}

interface Column {
  steps: number[]
  values: number[]
}

const stage = (name: StageName, title: string, totalSteps: number, more: Partial<StageRecord> = {}): StageRecord => ({
  ...name,
  id: stageIdOf(name),
  title,
  totalSteps,
  state: 'waiting',
  step: 0,
  seconds: 0,
  secondsLeft: null,
  evaluation: null,
  weights: null,
  warnings: [],
  ...more,
})

const conditionNumbers = new Map<string, number>()
const conditionOf = createConditions(fakeMembers, (key) => {
  const number = conditionNumbers.get(key) ?? conditionNumbers.size
  conditionNumbers.set(key, number)
  return number
})

function stagesOf(config: ExperimentConfig): StageRecord[] {
  const pseudoBatches = config.distillation.method.params.pseudoBatches
  const stages = [
    stage({ kind: 'data', index: 0 }, 'Data and attack', 1),
    stage({ kind: 'teacher', index: 0 }, 'Teacher', config.teacher.training.epochs * 5, {
      stepUnits: { imagesPerStep: config.teacher.training.batchSize, stepsPerEpoch: 5 },
    }),
    ...config.students.map((plan, index) =>
      stage(
        { kind: 'student', index },
        studentStageTitle(plan, index),
        typeof pseudoBatches === 'number' ? pseudoBatches : 60,
        {
          method: config.distillation.method.id,
          defense: defenseLabel(plan),
          stepUnits: { imagesPerStep: 256, stepsPerEpoch: null },
        },
      ),
    ),
  ]
  const precision = saidPrecision(precisionOf(config))
  return stages.map((record) => ({
    ...record,
    ...(record.kind === 'data' ? {} : precision),
    ...stageRecipeOf(config, record),
    ...conditionOf(config, record),
  }))
}

/** What one step brought, for the engine's events. */
export interface FakeStep {
  stageId: string
  points: MetricPoint[]
  images: SyntheticImages | null
}

export class FakeRun {
  readonly detail: RunDetail
  private readonly metrics = new Map<string, Map<string, Column>>()
  private readonly kept = new Map<string, number[]>()
  private readonly found = new Map<string, StageArtifact[]>()

  constructor(id: string, config: ExperimentConfig, preset: string | null, createdAt: number) {
    this.detail = {
      id,
      config,
      preset,
      createdAt,
      name: config.name,
      note: '',
      tags: [],
      state: 'queued',
      startedAt: null,
      endedAt: null,
      seconds: 0,
      stages: stagesOf(config),
      data: config.data.id,
      attack: config.attack.id,
      poisonRatio: config.teacher.source === 'file' ? null : config.poisoning.ratio,
      target: config.poisoning.target,
      method: config.distillation.method.id,
      seed: config.seed,
      recipe: recipeOf(config),
      device: null,
      error: null,
      deletedAt: null,
      bytesOnDisk: 1_000_000,
      changedPaths: changedFromDefaults(config, (given) => resolveExperiment(given, fakeMembers)),
    }
  }

  summary(): RunSummary {
    const { config: _config, changedPaths: _changed, ...summary } = structuredClone(this.detail)
    return summary
  }

  setState(state: RunState): void {
    this.detail.state = state
    const current = this.detail.stages.find((entry) => entry.state !== 'done')
    if (current && state !== 'queued') current.state = state
    if (state === 'running')
      Object.assign(this.detail, {
        startedAt: this.detail.startedAt ?? this.detail.createdAt,
        device: fakeDevice,
        endedAt: null,
      })
    if (state !== 'running' && state !== 'queued')
      this.detail.endedAt = this.detail.createdAt + this.detail.seconds * 1000
  }

  /** One step of the stage at hand; null when there is nothing left to do. */
  advance(): FakeStep | null {
    const current = this.detail.stages.find((entry) => entry.state !== 'done')
    if (!current || this.detail.state !== 'running') return null
    current.state = 'running'
    current.step += 1
    current.seconds += 0.5
    this.detail.seconds += 0.5
    const total = current.totalSteps ?? 1
    current.secondsLeft = (total - current.step) * 0.5
    const result = this.record(current, total)
    if (current.step >= total) this.finishStage(current)
    return result
  }

  series(stageId: string, names?: readonly string[], afterStep = -1): Record<string, MetricSeries> {
    const columns = this.metrics.get(stageId) ?? new Map<string, Column>()
    return Object.fromEntries(
      [...columns]
        .filter(([name]) => !names || names.includes(name))
        .map(([name, column]) => {
          const from = column.steps.findIndex((step) => step > afterStep)
          const start = from < 0 ? column.steps.length : from
          return [
            name,
            {
              steps: Float64Array.from(column.steps.slice(start)),
              values: Float64Array.from(column.values.slice(start)),
            },
          ]
        }),
    )
  }

  imageSteps(stageId: string): number[] {
    return [...(this.kept.get(stageId) ?? [])]
  }

  images(stageId: string, step: number): SyntheticImages {
    const current = this.detail.stages.find((entry) => entry.id === stageId)
    const { config } = this.detail
    return imagesAt(
      config,
      this.subjectOf(stageId) ?? 0,
      step,
      current?.totalSteps ?? 1,
      config.recording.imagesPerStep,
    )
  }

  /** CMI alone has a pool, 80 images from each call; where the budget is 0, only the first has an image grid. */
  pool(stageId: string): PoolSummary {
    const { config } = this.detail
    const done =
      config.distillation.method.id === 'cmi'
        ? (this.detail.stages.find((entry) => entry.id === stageId)?.step ?? 0)
        : 0
    const images = Math.min(done * callImages, Number(config.distillation.method.params.poolCapacity) || Infinity)
    const budgetBytes = poolBytesOf(config.recording)
    const calls = Array.from({ length: done }, (_, index) => ({
      call: index + 1,
      keptStep: 180 - index,
      steps: 200,
      loss: 2 - index / 100,
      images: callImages,
      inPool: Math.max(0, Math.min(callImages, images - (done - 1 - index) * callImages)),
      onDisk: budgetBytes > 0 || index === 0,
    }))
    return { calls, images, elsewhere: 0, bytes: done * 240_000, budgetBytes }
  }

  poolImages(stageId: string, call: number): ImageBatch {
    if (!this.pool(stageId).calls.some((entry) => entry.call === call && entry.onDisk))
      throw new RefusedInputError(`There are no images of call ${call} on disk.`, { got: String(call) })
    const { count, height, width, channels, pixels } = imagesAt(
      this.detail.config,
      this.subjectOf(stageId) ?? 0,
      call,
      20,
      callImages,
    )
    return { count, height, width, channels, pixels }
  }

  keptGrids(stageId: string, source: ImageSource, from: number): KeptGrid[] {
    if (source === 'pool')
      return this.pool(stageId)
        .calls.filter(({ call, onDisk }) => onDisk && call >= from)
        .map(({ call }) => {
          const { pixels: _, ...layout } = this.poolImages(stageId, call)
          return { at: call, ...layout }
        })
    return this.imageSteps(stageId)
      .filter((step) => step >= from)
      .map((at) => {
        const { pixels: _, step: __, ...labels } = this.images(stageId, at)
        return { at, ...labels }
      })
  }

  /** The images of step or call 13 cannot be read. */
  keptPixels(stageId: string, source: ImageSource, { at, indexes }: ImagePick): GridPixels {
    const batch = source === 'pool' ? this.poolImages(stageId, at) : this.images(stageId, at)
    const { height, width, channels } = batch
    const size = height * width * channels
    const pixels = new Uint8Array(indexes.length * size)
    indexes.forEach((index, place) => pixels.set(batch.pixels.subarray(index * size, (index + 1) * size), place * size))
    const isDamaged = at === 13
    return {
      at,
      height,
      width,
      channels,
      pixels: isDamaged ? null : pixels,
      fault: isDamaged ? 'The images of this step cannot be read.' : null,
    }
  }

  private subjectOf(stageId: string): Subject {
    const name = stageNameOf(stageId)
    return name?.kind === 'student' ? name.index : null
  }

  private record(current: StageRecord, total: number): FakeStep {
    if (current.kind === 'data') return { stageId: current.id, points: [], images: null }
    const { config } = this.detail
    const subject = this.subjectOf(current.id)
    const points = metricsAt(config, subject, current.step, total)
    const evaluateEvery = subject === null ? 5 : config.recording.evaluateEvery
    if (current.step % evaluateEvery === 0 || current.step >= total) {
      current.evaluation = evaluationAt(config, subject, current.step / total)
      this.find(current, 'classes', classesAt(config, current.evaluation))
      if (current.step >= total) this.find(current, 'one-test-image', oneTestImageAt(config, current.evaluation))
      if (config.name.includes('analyses'))
        for (const [form, artifact] of Object.entries(formsAt(config))) this.find(current, `form-${form}`, artifact)
      points.push({ name: 'accuracy', step: current.step, value: current.evaluation.accuracy })
      points.push({ name: 'asr', step: current.step, value: current.evaluation.asr ?? 0 })
    }
    for (const point of points) this.append(current.id, point)
    const suspected = suspectsAt(config, subject, current.step)
    if (suspected) this.find(current, 'suspects', suspected)
    const keep = subject !== null && (current.step % config.recording.imagesEvery === 0 || current.step === 1)
    if (keep) this.kept.set(current.id, [...(this.kept.get(current.id) ?? []), current.step])
    return { stageId: current.id, points, images: keep ? this.images(current.id, current.step) : null }
  }

  artifacts({ stageId, analysis, notAfter = Infinity }: ArtifactsAsked = {}): StageArtifact[] {
    return [...this.found.values()].flatMap((kept) => {
      const entry = kept.findLast(({ step }) => step <= notAfter)
      if (!entry) return []
      const isAsked = entry.stageId === (stageId ?? entry.stageId) && entry.analysis === (analysis ?? entry.analysis)
      return isAsked ? [entry] : []
    })
  }

  private find(current: StageRecord, analysis: string, artifact: unknown): void {
    const { id: stageId, step } = current
    const name = `${stageId} ${analysis}`
    const entry = { stageId, analysis, step, artifact, line: null, fault: null }
    this.found.set(name, [...(this.found.get(name) ?? []).filter((earlier) => earlier.step < step), entry])
    current.artifacts = { ...current.artifacts, [analysis]: step }
  }

  private append(stageId: string, point: MetricPoint): void {
    const columns = this.metrics.get(stageId) ?? new Map<string, Column>()
    const column = columns.get(point.name) ?? { steps: [], values: [] }
    column.steps.push(point.step)
    column.values.push(point.value)
    columns.set(point.name, column)
    this.metrics.set(stageId, columns)
  }

  private finishStage(current: StageRecord): void {
    Object.assign(current, { state: 'done', secondsLeft: 0 })
    if (current.kind !== 'data') current.weights = `/fake/${this.detail.id}/${current.id}.safetensors`
    if (this.detail.stages.every((entry) => entry.state === 'done')) this.setState('done')
  }
}

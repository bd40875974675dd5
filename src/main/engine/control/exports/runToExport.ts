/** What exporters see of a run: its record at this moment, and what it has recorded when they ask for it. */
import { readFile } from 'node:fs/promises'
import {
  modelNames,
  namedModelsOf,
  namePartsIn,
  type MemberChoice,
  type MetricDefinition,
  type RunDetail,
  type StageArtifact,
  type StageRecord,
} from '../../../../shared/domain'
import { UserError } from '../../../../shared/errors'
import { analyses } from '../../families/analyses'
import type { DataPrint, ExportWork, RunToExport, StageToExport } from '../../families/runExporters'
import { gridSize } from '../../images/imageGrid'
import type { MemberTable } from '../experiments/memberTable'
import { numericsVersion } from '../experiments/stageKeys'
import { asTrained } from '../runs/asTrained'
import { readArtifact } from '../runs/artifacts'
import { placeInRun, type RunStore } from '../store'
import { fileEvidence } from './evidence'
import { createStepClock, type AboutTime, type StepClockReader } from './stepClock'

export interface ExportSource {
  readonly store: RunStore
  readonly table: MemberTable
  readonly version: string
  /** Definitions of all metrics. */
  readonly definitions: Readonly<Record<string, MetricDefinition>>
  detailOf(runId: string): RunDetail
  /** Of the data set as it can be read now. */
  dataPrint(data: MemberChoice, work: ExportWork): Promise<DataPrint>
}

/** @param clocks of stages that are looked at again and again, by place; default: new ones */
export function runToExport(
  runId: string,
  source: ExportSource,
  clocks: Map<string, StepClockReader> = new Map(),
): RunToExport {
  const { table, version, definitions } = source
  const run = source.detailOf(runId)
  const names = modelNames(namedModelsOf(run), namePartsIn(table.find))
  const stages = run.stages.map((record) =>
    stageToExport(run, { record, name: names.get(record.id) ?? record.title, source, clocks }),
  )
  return {
    run,
    stages,
    definitions,
    product: { version, node: process.version, platform: `${process.platform} ${process.arch}` },
    evidence: async (work) => ({
      numerics: numericsVersion,
      data: await source.dataPrint(run.config.data, work).catch((error: unknown) => {
        if (work.signal.aborted) throw error
        return null
      }),
      // As its stages have read them: the originals may be others by now.
      files: await fileEvidence(asTrained(runId, source.store, table), table, work.signal),
    }),
    member: table.find,
  }
}

interface StageSource {
  readonly record: StageRecord
  readonly name: string
  readonly source: ExportSource
  readonly clocks: Map<string, StepClockReader>
}

function stageToExport(run: RunDetail, { record, name, source, clocks }: StageSource): StageToExport {
  const { store, table } = source
  const place = record.place ?? placeInRun(run.id, record.id)
  const clock = clocks.get(place) ?? createStepClock(store.stageFolder(place), () => aboutTime(run, record))
  clocks.set(place, clock)
  const artifacts = (): StageArtifact[] =>
    store.artifacts.read(place).map((stored) => readArtifact({ ...stored, stageId: record.id }))
  return {
    record,
    name,
    metrics: (after) => store.metrics.read(place, { after }),
    lastSteps: () => store.metrics.lastSteps(place),
    clock: () => clock.read(),
    imageSteps: () => store.images.steps(place),
    images: (step) => store.images.read(place, step),
    imageGrid: (step) => readGrid(store, place, step),
    artifacts,
    figures: () => artifacts().flatMap((artifact) => figuresOf(artifact, classNamesOf(table, run.data))),
  }
}

/** Where no journal tells: the stages one after another since the run began. */
function aboutTime(
  { startedAt, createdAt, stages }: RunDetail,
  { id, seconds, step, totalSteps }: StageRecord,
): AboutTime {
  const before = stages.slice(
    0,
    stages.findIndex((stage) => stage.id === id),
  )
  const waited = before.reduce((sum, stage) => sum + (stage.origin ? 0 : stage.seconds), 0)
  return { began: (startedAt ?? createdAt) + waited * 1000, seconds, steps: step > 0 ? step : (totalSteps ?? 0) }
}

async function readGrid(store: RunStore, place: string, step: number) {
  const { file, layout } = store.images.gridOf(place, step)
  const png = await readFile(file).catch((error: unknown) => {
    throw new UserError('The images of this step cannot be read.', {
      where: file,
      action: 'The file is missing or damaged; other steps are not affected.',
      cause: error,
    })
  })
  return { png, count: layout.count, ...gridSize(layout) }
}

function classNamesOf(table: MemberTable, data: string): readonly string[] {
  const names = table.find('dataset', data)?.facts.classNames
  return Array.isArray(names) ? names.map(String) : []
}

function figuresOf({ analysis, step, artifact }: StageArtifact, classNames: readonly string[]) {
  if (artifact === null) return []
  const member = analyses.members.find(({ id }) => id === analysis)
  return (member?.figures?.(artifact, { classNames }) ?? []).map((figure) => ({ ...figure, analysis, step }))
}

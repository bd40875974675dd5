/**
 * Trains a teacher of the quick look's size for each case, unless its weights are there already, and asks the triage
 * about it; writes what was found beside the weights. Prints a line for each case.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { families } from '../../src/main/engine/control/experiments/families'
import { memberTable } from '../../src/main/engine/control/experiments/memberTable'
import { presets } from '../../src/main/engine/control/experiments/presets'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { signs } from '../../src/main/engine/families/datasets/signs'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { analyse } from '../../src/main/engine/trainer/asked'
import { evaluateModelFile } from '../../src/main/engine/trainer/evaluateFile'
import { runTrainingLoop } from '../../src/main/engine/trainer/loop'
import { prepareTeacherStage } from '../../src/main/engine/trainer/stages'
import { pixelValuesOf, type ExperimentConfig, type PanelsArtifact, type TableArtifact } from '../../src/shared/domain'
import { casesOf, type TriageCase } from './cases'
import type { Triaged } from './report'

interface Asked {
  readonly folder: string
  readonly cache: string
  readonly sources: readonly string[]
  /** Seeds of each attack, and clean teachers. */
  readonly seeds: number
  readonly clean: number
}

const quiet = (): void => undefined
const classNames = signs.facts?.classNames ?? []

function configOf({ attack, ratio, target, seed }: TriageCase): ExperimentConfig {
  const [quick] = presets
  const { config, issues } = resolveExperiment(
    {
      ...quick?.config,
      seed,
      attack,
      poisoning: { ratio, target, holdout: 0 },
      students: [{ defenses: [] }],
    },
    memberTable(families),
  )
  const errors = issues.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return config
}

async function trained(config: ExperimentConfig, folder: string, cache: string): Promise<string> {
  const weights = join(folder, 'weights.safetensors')
  if (existsSync(weights)) return weights
  const job = { kind: 'teacher', stageId: 'teacher', config, folders: { stage: folder, cache }, resume: false } as const
  const { work } = await prepareTeacherStage(job, quiet)
  const options = { folder, resume: false, report: quiet, checkpointEverySeconds: 1e9, request: () => 'go' as const }
  await runTrainingLoop(work, options)
  work.dispose()
  return weights
}

async function ratesOf(config: ExperimentConfig, file: string, cacheFolder: string) {
  const { data, attack, poisoning, execution, teacher } = config
  const job = {
    kind: 'evaluate',
    file,
    data,
    attack,
    target: poisoning.target,
    execution,
    cacheFolder,
    architecture: teacher.architecture,
    normalization: pixelValuesOf(teacher),
  } as const
  const { accuracy, asr } = await evaluateModelFile(job, quiet, { report: quiet })
  return { accuracy, asr }
}

async function triageOf(config: ExperimentConfig, teacher: string, { folder, cache, images }: Record<string, string>) {
  const found: { panels: PanelsArtifact['panels'] }[] = []
  const job = {
    kind: 'analyse',
    analysis: { id: 'triage', params: { images } },
    config,
    cacheFolder: cache ?? '',
    teacher,
    stages: [
      {
        id: 'teacher',
        kind: 'teacher',
        index: 0,
        title: 'Teacher',
        folder: folder ?? '',
        weights: teacher,
        keptImages: [],
        recorded: { accuracy: { steps: [], values: [] }, asr: { steps: [], values: [] } },
      },
    ],
    step: null,
  } as const
  await analyse(job, quiet, (report) => {
    if (report.type === 'artifact') found.push(report.artifact as PanelsArtifact)
  })
  const table = found[0]?.panels.find(({ kind }) => kind === 'table')
  if (table?.kind !== 'table') throw new Error('The triage gave no ranking.')
  return table.content
}

async function main(): Promise<void> {
  const asked = JSON.parse(process.argv[2] ?? '{}') as Asked
  const { cache } = asked
  let isStarted = false
  for (const one of casesOf(asked)) {
    const folder = join(asked.folder, one.id)
    const target = join(folder, 'triage.json')
    const known = existsSync(target) ? (JSON.parse(readFileSync(target, 'utf8')) as Partial<Triaged>) : {}
    const config = configOf(one)
    const tables: Record<string, TableArtifact> = { ...known.tables }
    const missing = asked.sources.filter((source) => tables[source] === undefined)
    let { rates } = known
    if (missing.length > 0) {
      if (!isStarted) await startTensorFlow({ ...config.execution, device: 'cpu' })
      isStarted = true
      mkdirSync(folder, { recursive: true })
      const weights = await trained(config, folder, cache)
      rates ??= await ratesOf(config, weights, cache)
      for (const images of missing) tables[images] = await triageOf(config, weights, { folder, cache, images })
      writeFileSync(target, JSON.stringify({ rates, tables }))
    }
    const targetName = classNames[one.target] ?? ''
    process.stdout.write(`${JSON.stringify({ ...one, targetName, rates, tables })}\n`)
  }
  process.exit(0)
}

void main()

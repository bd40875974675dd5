/**
 * One stage of an experiment as a run has it, a few steps of it: prints one JSON line of seconds and bytes. The teacher
 * of a student is made, not trained; what it weighs does not change what anything costs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { families } from '../../src/main/engine/control/experiments/families'
import { memberTable } from '../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { loadDataset } from '../../src/main/engine/trainer/data'
import { createClassifier } from '../../src/main/engine/trainer/models'
import { prepareStudentStage, prepareTeacherStage, type PreparedStage } from '../../src/main/engine/trainer/stages'
import { weightsOf } from '../../src/main/engine/weights/network'
import { writeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import type { ExperimentConfig, PartialExperimentConfig } from '../../src/shared/domain'

/** What tools/bench-scale.mjs asks for. */
interface Asked {
  readonly config: PartialExperimentConfig
  readonly kind: 'teacher' | 'student'
  /** The first of these is not counted, the others are. */
  readonly steps: number
  /** Which step the stage begins with: a defense that acts late acts then. */
  readonly from?: number
  readonly cache: string
}

interface Spent {
  readonly seconds: number
  readonly cpuSeconds: number
}

async function spent(work: () => unknown): Promise<Spent> {
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 }
}

async function prepare({ kind, cache }: Asked, config: ExperimentConfig, folder: string): Promise<PreparedStage> {
  const folders = { stage: folder, cache }
  const quiet = (): void => undefined
  if (kind === 'teacher') return prepareTeacherStage({ kind, stageId: kind, config, folders, resume: false }, quiet)
  const dataset = await loadDataset({ data: config.data, cacheFolder: cache })
  const { architecture } = config.teacher
  const teacher = createClassifier(architecture, dataset, createStream(1, 'teacher'), 'teacher.architecture')
  const teacherWeights = join(folder, 'teacher.safetensors')
  await writeSafetensors(teacherWeights, weightsOf(teacher), { format: 'pt' })
  teacher.dispose()
  const job = { kind, stageId: 'student-1', config, folders, resume: false, studentIndex: 0, teacherWeights } as const
  return prepareStudentStage(job, quiet)
}

const mebibyte = 2 ** 20

async function measure(asked: Asked, config: ExperimentConfig, folder: string): Promise<object> {
  const start = await spent(() => startTensorFlow(config.execution))
  let prepared: PreparedStage | undefined
  const preparation = await spent(async () => {
    prepared = await prepare(asked, config, folder)
  })
  if (!prepared) throw new Error('Nothing was prepared.')
  const { work } = prepared
  const { from = 0, steps } = asked
  const first = await spent(() => work.step(from, true))
  const times: Spent[] = []
  for (let step = 1; step < steps; step += 1) times.push(await spent(() => work.step(from + step, false)))
  const peakOfSteps = process.resourceUsage().maxRSS * 1024
  await spent(() => work.evaluate())
  const evaluation = await spent(() => work.evaluate())
  const median = (name: keyof Spent): number =>
    times.map((time) => time[name]).sort((left, right) => left - right)[Math.floor(times.length / 2)] ?? first[name]
  return {
    start,
    preparation,
    first,
    step: { seconds: median('seconds'), cpuSeconds: median('cpuSeconds') },
    evaluation: { ...evaluation, images: prepared.data.test.clean.count },
    peakMebibytes: peakOfSteps / mebibyte,
    steps: times.length,
  }
}

async function main(): Promise<void> {
  const asked = JSON.parse(process.argv[2] ?? '{}') as Asked
  const { config, issues } = resolveExperiment(asked.config, memberTable(families))
  const errors = issues.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  const folder = mkdtempSync(join(tmpdir(), 'abd-stage-'))
  try {
    process.stdout.write(`${JSON.stringify(await measure(asked, config, folder))}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

void main()

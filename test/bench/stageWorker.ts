/**
 * One stage of an experiment as a run has it, a few steps of it: prints one JSON line of what was measured and what is
 * estimated. The teacher of a student is made, not trained; what it weighs does not change what anything costs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { costs } from '../../src/main/engine/control/experiments/costs'
import { slownessOf, threadSeconds } from '../../src/main/engine/control/experiments/estimate'
import { families } from '../../src/main/engine/control/experiments/families'
import { baseBytes, memoryOfStage } from '../../src/main/engine/control/experiments/memoryEstimate'
import { memberTable } from '../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { workOfStep } from '../../src/main/engine/control/experiments/stageWork'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { withPrecisionSpeed } from '../../src/main/engine/trainer/precisionSpeed'
import { loadDataset } from '../../src/main/engine/trainer/data'
import { createClassifier } from '../../src/main/engine/trainer/models'
import { prepareStudentStage, prepareTeacherStage, type PreparedStage } from '../../src/main/engine/trainer/stages'
import { weightsOf } from '../../src/main/engine/weights/network'
import { writeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import {
  precisionFactor,
  precisionOf,
  type ExperimentConfig,
  type PartialExperimentConfig,
} from '../../src/shared/domain'

/** What tools/bench-scale.mjs asks for. */
interface Asked {
  readonly config: PartialExperimentConfig
  readonly kind: 'teacher' | 'student'
  /** The first of these is not counted, the others are. */
  readonly steps: number
  /** Which step the stage begins with: a defense that acts late acts then. */
  readonly from: number
  /** A stage that is estimated to hold more is not measured. */
  readonly mostMebibytes: number
  readonly cache: string
}

interface Spent {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** No further step begins after so many CPU seconds; a first step that takes longer is the only one. */
const mostCpuSeconds = 60
const mebibyte = 2 ** 20

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

async function stepsOf({ work }: PreparedStage, { from, steps }: Asked): Promise<Spent[]> {
  const first = await spent(() => work.step(from, true))
  const times: Spent[] = []
  let spentSoFar = first.cpuSeconds
  for (let step = 1; step < steps && spentSoFar < mostCpuSeconds; step += 1) {
    const time = await spent(() => work.step(from + step, false))
    times.push(time)
    spentSoFar += time.cpuSeconds
  }
  return [first, ...times]
}

/** The shortest: a busy machine makes CPU seconds longer, never shorter. */
const shortest = (times: readonly Spent[]): Spent | undefined =>
  times.length === 0 ? undefined : times.reduce((least, time) => (time.cpuSeconds < least.cpuSeconds ? time : least))

async function measure(asked: Asked, config: ExperimentConfig, folder: string): Promise<object> {
  const prepared = await prepare(asked, config, folder)
  const [first, ...times] = await stepsOf(prepared, asked)
  const peakMebibytes = (process.resourceUsage().maxRSS * 1024) / mebibyte
  await spent(() => prepared.work.evaluate())
  const evaluation = await spent(() => prepared.work.evaluate())
  return {
    first,
    step: shortest(times) ?? first,
    isFirst: times.length === 0,
    evaluation: { ...evaluation, images: prepared.data.test.clean.count },
    peakMebibytes,
  }
}

async function answer(asked: Asked, config: ExperimentConfig, folder: string): Promise<object> {
  const runtime = await startTensorFlow({ ...config.execution, device: 'cpu' })
  const device = withPrecisionSpeed(runtime, config.execution)
  const factor = precisionFactor(device.precisionSpeed, precisionOf(config)) ?? 1
  const stage = { kind: asked.kind, index: 0 }
  const estimated = {
    stepSeconds: threadSeconds(workOfStep(config, stage, costs), factor),
    slowness: slownessOf(device),
    mebibytes: memoryOfStage(config, stage, { costs, device: 'cpu' }) / mebibyte,
    baseMebibytes: baseBytes.cpu / mebibyte,
  }
  return estimated.mebibytes > asked.mostMebibytes
    ? { estimated, leftOut: true }
    : { estimated, measured: await measure(asked, config, folder) }
}

async function main(): Promise<void> {
  const asked = JSON.parse(process.argv[2] ?? '{}') as Asked
  const { config, issues } = resolveExperiment(asked.config, memberTable(families))
  const errors = issues.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  const folder = mkdtempSync(join(tmpdir(), 'abd-stage-'))
  try {
    process.stdout.write(`${JSON.stringify(await answer(asked, config, folder))}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

void main()

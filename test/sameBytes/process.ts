/**
 * Trains what every method × every defense makes, and a teacher, once each from the same seed, and prints a line of
 * JSON per model: its name and what came out. Two processes that print other lines are not the same run.
 *
 *   node process.cjs FOLDER slice|all|large [PART OF A NAME] [PRECISION]
 */
import { createHash, type Hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { precisions, type ExperimentConfig, type Precision } from '../../src/shared/domain'
import { useTeacher, studentStage, teacherStage } from '../contract/stages'
import { runToEnd, temporaryFolder, tinyExperiment } from '../contract/support'
import { modelsOf, type Amount } from './models'

const [folder = '', amount = 'slice', wanted = '', asked = 'float32'] = process.argv.slice(2)
/** Of a process, not of what it computes. */
const measured = new Set(['imagesPerSecond', 'elapsed'])

function addNumbers(hash: Hash, reports: readonly TrainerReport[]): void {
  for (const report of reports) {
    if (report.type === 'metrics') hash.update(JSON.stringify(report.points.filter(({ name }) => !measured.has(name))))
    if (report.type === 'evaluation') hash.update(JSON.stringify(report.evaluation))
    if (report.type === 'images') hash.update(report.images.pixels)
  }
}

/** SHA-256 of all that a stage leaves: weights, last state, every recorded number and image. */
async function outcomeOf(kind: 'teacher' | 'student', config: ExperimentConfig, stageFolder: string): Promise<string> {
  const work = await (kind === 'teacher' ? teacherStage(config, stageFolder) : studentStage(config, stageFolder))
  const reports = await runToEnd(work, stageFolder)
  const hash = createHash('sha256')
  hash.update(readFileSync(join(stageFolder, 'weights.safetensors')))
  for (const { data } of work.state.snapshot().tensors.values())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  addNumbers(hash, reports)
  work.dispose()
  return hash.digest('hex')
}

/** @throws Error for a name that is none: what it trains would be float32 under that name */
function askedPrecision(): Precision {
  const precision = precisions.find((one) => one === asked)
  if (precision === undefined) throw new Error(`--precision wants ${precisions.join(', ')}, not ${asked}.`)
  return precision
}

const inPrecision = (config: ExperimentConfig): ExperimentConfig => ({
  ...config,
  execution: { ...config.execution, precision: askedPrecision() },
})

async function main(): Promise<void> {
  await startTensorFlow({ device: 'cpu' })
  const say = (model: string, outcome: string): void => {
    process.stdout.write(`${JSON.stringify({ model, outcome })}\n`)
  }
  const teacherFolder = join(folder, 'teacher')
  mkdirSync(teacherFolder, { recursive: true })
  say('teacher', await outcomeOf('teacher', inPrecision(tinyExperiment()), teacherFolder))
  useTeacher(join(teacherFolder, 'weights.safetensors'))
  for (const { name, kind, change } of modelsOf(amount as Amount)) {
    if (!name.includes(wanted)) continue
    say(name, await outcomeOf(kind, inPrecision(tinyExperiment(change)), temporaryFolder('same-bytes')))
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(1)
  },
)

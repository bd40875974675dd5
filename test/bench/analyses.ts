/**
 * What an analysis of 2,000 images costs: kept images in numbers, WRN-16-2 with three shuffled teachers and a WRN-16-1
 * student, all untrained. Seconds of processor time too: a busy machine stretches the clock's.
 */
import { keptImages } from '../../src/main/engine/families/analyses/keptImages'
import type { AskedContext, OpenNetwork } from '../../src/main/engine/families/analyses/askedTypes'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import { createStepProgram } from '../../src/main/engine/graph'
import type { ImageSet } from '../../src/main/engine/images/types'
import type { Classifier } from '../../src/main/engine/maths/nn/types'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createOpenNetwork } from '../../src/main/engine/trainer/asked/openNetwork'
import { createVaccineProbe } from '../../src/main/engine/trainer/asked/shuffledTeachers'
import { defaultsOf } from '../../src/shared/schema'

const image = { height: 32, width: 32, channels: 3 } as const
const normalization = { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] }
const [steps, perStep] = [20, 100]

const network = (width: number): Classifier =>
  wrn.create({ depth: 16, width }, { classes: 10, ...image, stream: createStream(width, 'analyses') })

const imagesOf = (step: number): ImageSet => ({
  ...image,
  count: perStep,
  pixels: Uint8Array.from({ length: perStep * 3072 }, (_, at) => (at * at * 7 + at * (2 * step + 31)) % 256),
  labels: new Int32Array(perStep),
})

function contextOf(): AskedContext {
  const program = createStepProgram({ mode: 'graph', precision: 'float32' })
  const teacher = network(2)
  const open = (name: string, classifier: Classifier): OpenNetwork =>
    createOpenNetwork({ program, name, title: name, classifier, image, normalization })
  const none = { steps: [], values: [] }
  const student = {
    stageId: 'student-1',
    title: 'Student',
    network: open('student', network(1)),
    keptSteps: [],
    networkAt: () => Promise.reject(new Error('It has no checkpoint.')),
    kept: {
      steps: Array.from({ length: steps }, (_, step) => ({ step, count: perStep })),
      read: (step: number) => Promise.resolve(imagesOf(step)),
    },
    recorded: { accuracy: none, asr: none },
  }
  const asked: AskedContext<'teacher' | 'students' | 'shuffledTeachers' | 'trigger'> = {
    teacher: open('teacher', teacher),
    students: [student],
    shuffledTeachers: createVaccineProbe({ program, teacher, normalization })?.shuffled ?? null,
    trigger: null,
    classNames: [],
    target: 0,
    step: null,
    progress: () => Promise.resolve(),
    warn: (message) => process.stderr.write(`${message}\n`),
  }
  return asked as AskedContext
}

async function main(): Promise<void> {
  await startTensorFlow()
  if (keptImages.when !== 'asked') throw new Error('Kept images are measured when somebody asks.')
  const context = contextOf()
  // The first one records the graphs, as one that somebody asks for does.
  for (const embedImages of [true, false]) {
    const [used, begun] = [process.cpuUsage(), performance.now()]
    await keptImages.measure({ ...defaultsOf(keptImages.params), embedImages }, context)
    const { user, system } = process.cpuUsage(used)
    const seconds = { processor: (user + system) / 1e6, clock: (performance.now() - begun) / 1000 }
    process.stdout.write(`${JSON.stringify({ images: steps * perStep, embedImages, ...seconds })}\n`)
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  },
)

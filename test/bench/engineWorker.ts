/**
 * This engine as a benchmark subject: reads one phase per line from stdin, runs it and answers with one JSON line of
 * seconds.
 * The work is the product's own: synthesizer, student trainer, teacher step and predictor, as a run uses them.
 */
import readline from 'node:readline'
import * as tf from '@tensorflow/tfjs-core'
import { architectures } from '../../src/main/engine/families/architectures'
import { defenses } from '../../src/main/engine/families/defenses'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { ActiveDefense, DistillationContext, PseudoBatch } from '../../src/main/engine/families/distillation/types'
import { createStepProgram } from '../../src/main/engine/graph'
import { teacherStep } from '../../src/main/engine/trainer/teacherStep'
import type { Classifier } from '../../src/main/engine/maths/nn/types'
import { createSgd } from '../../src/main/engine/families/optimizers'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createPredictor } from '../../src/main/engine/trainer/evaluation'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import { validateParameters } from '../../src/shared/schema'
import { openAccount } from './account'
import { readMemory } from './memory'
import { numbersOf } from './numbersSubject'
import { createOodPhase, createSynthesisPhase } from './inversionSubject'
import { answerOf, durationOf, shareOf, sumOf } from './durations'
import { createPeakPhase, gigaOperations } from './peakSubject'
import type { BenchOptions, Part, Phase, PhaseTimes } from './phases'

const seed = 1
/** With the folder that the tuned baseline wrote. */
const numbersQuestion = 'numbers '
const classes = 10
const side = 32
const evaluationImages = 2000
/** Teacher steps timed together, after one that is not: training does them in a row. */
const consecutiveSteps = 4

function wideResNet(width: number, name: string): Classifier {
  const member = architectures.get('wrn')
  const { values } = validateParameters(member.params, { depth: 16, width }, 'architecture')
  return member.create(values, { classes, channels: 3, height: side, width: side, stream: createStream(seed, name) })
}

/** The phases of ZSKT, teacher training and evaluation. */
function createSubject({
  batch,
  graph,
  precision = 'float32',
  profile,
}: BenchOptions): Record<Exclude<Phase, 'synthesis' | 'ood' | 'peak'>, () => PhaseTimes> {
  const program = createStepProgram({ mode: graph ? 'graph' : 'eager', precision })
  const state = createStateBundle(seed, tf)
  const [teacher, student, trained] = [wideResNet(2, 'teacher'), wideResNet(1, 'student'), wideResNet(2, 'trained')]
  const normalization = { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.201] }
  const base = {
    dataset: 'signs',
    teacher,
    student,
    classes,
    normalization,
    augmentation: { crop: true, flip: true },
    program,
    state,
    methodTotal: 80_000,
    tell: () => undefined,
    testDivergences: () => ({ clean: [], triggered: null }),
    image: { height: side, width: side, channels: 3 },
    stream: (name: string) => state.stream(name),
  }
  const vaccine = defenses.get('sv')
  let vaccinated = false
  const defense: ActiveDefense = {
    ...vaccine.create(validateParameters(vaccine.params, {}, 'vaccine').values, base),
    synthesizerTermActive: () => vaccinated,
  }
  const method = distillationMethods.get('zskt')
  const { values } = validateParameters(method.params, { batchSize: batch }, 'method')
  const context: DistillationContext = { ...base, defenses: [defense] }
  const synthesizer = method.createSynthesizer(values, context)
  const trainer = method.createStudentTrainer(values, context, synthesizer)
  const position = { index: 0, total: 80_000, measure: false }

  const optimizer = createSgd(trained.parameters, { momentum: 0.9, weightDecay: 5e-4 })
  const trainTeacher = program.compile('teacher', (args) => teacherStep(trained, optimizer, args))
  const predict = createPredictor(program, 'evaluation', teacher, normalization)
  const pixels = new Uint8Array(evaluationImages * side * side * 3).map((_, index) => (index * 7919) % 256)
  const testImages = {
    count: evaluationImages,
    height: side,
    width: side,
    channels: 3 as const,
    pixels,
    labels: new Int32Array(evaluationImages),
  }
  const teacherArguments = {
    images: tf.randomNormal([batch, side, side, 3], 0, 1, 'float32', seed),
    labels: tf.tensor1d(
      Array.from({ length: batch }, (_, index) => index % classes),
      'int32',
    ),
    learningRate: tf.scalar(0.1),
  }

  // Among what TensorFlow says of its kernels.
  const begin = (part: Part | Phase): void => {
    if (profile) process.stderr.write(`part,${part}\n`)
  }
  const pseudoBatch = (withVaccine: boolean): PhaseTimes => {
    vaccinated = withVaccine
    // ZSKT's steps are synchronous.
    begin('generator')
    const generator = durationOf(() => {
      void synthesizer.step(position)
    })
    let made: PseudoBatch | undefined
    begin('sample')
    const sample = durationOf(() => {
      made = synthesizer.sample(position)
    })
    begin('student')
    const learning = durationOf(() => {
      if (made) void trainer.step(made, position)
    })
    if (made) tf.dispose([made.images, made.teacherLogits, ...made.teacherAttention])
    return answerOf({
      total: sumOf([generator, sample, learning]),
      generator,
      sample,
      student: shareOf(learning, trainer.updates),
    })
  }
  return {
    pseudoBatch: () => pseudoBatch(false),
    pseudoBatchVaccine: () => pseudoBatch(true),
    teacher: () => {
      begin('teacher')
      const step = (): void => {
        tf.dispose(trainTeacher.run(teacherArguments))
      }
      step()
      const steps = durationOf(() => {
        for (let repeat = 0; repeat < consecutiveSteps; repeat += 1) step()
      })
      return answerOf({ total: shareOf(steps, consecutiveSteps) })
    },
    evaluation: () => {
      begin('evaluation')
      const total = durationOf(() => {
        predict([{ set: testImages }])
      })
      return answerOf({ total })
    },
  }
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as BenchOptions
  const started = performance.now()
  const { device, binding } = await startTensorFlow({
    device: options.device,
    threads: options.threads,
    precision: options.precision,
  })
  const account = openAccount(binding)
  // Made when first asked for: peak memory is that of the phases that ran.
  const made = new Map<Phase, () => PhaseTimes | Promise<PhaseTimes>>()
  const phaseOf = (phase: Phase): (() => PhaseTimes | Promise<PhaseTimes>) => {
    if (phase === 'synthesis' && !made.has(phase)) made.set(phase, createSynthesisPhase(options))
    else if (phase === 'ood' && !made.has(phase)) made.set(phase, createOodPhase(options))
    else if (phase === 'peak' && !made.has(phase)) made.set(phase, createPeakPhase(options))
    else if (!made.has(phase))
      for (const [name, work] of Object.entries(createSubject(options))) made.set(name as Phase, work)
    return (
      made.get(phase) ??
      (() => {
        throw new Error(`There is no phase "${phase}".`)
      })
    )
  }
  const answer = (value: object): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`)
  }
  answer({
    ready: (performance.now() - started) / 1000,
    device: device.title,
    kind: device.kind,
    gigaOperations: gigaOperations(options.batch),
    versions: { tensorflow: binding.TF_Version, node: process.versions.node },
  })
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === 'memory') answer(readMemory())
    else if (line === 'account') answer(account())
    else if (line.startsWith(numbersQuestion)) answer(await numbersOf(options, line.slice(numbersQuestion.length)))
    else answer(await phaseOf(line as Phase)())
  }
}

void main()

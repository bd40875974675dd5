/**
 * A CMI synthesis call and a step of distillation from one image, as a run makes them: WRN-16-2 → WRN-16-1, the memory
 * bank full.
 */
import * as tf from '@tensorflow/tfjs-core'
import { architectures } from '../../src/main/engine/families/architectures'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { DistillationContext } from '../../src/main/engine/families/distillation/types'
import { instanceFeatureCount } from '../../src/main/engine/families/distillation/inversion/head'
import { createStepProgram } from '../../src/main/engine/graph'
import { float32Tensor } from '../../src/main/engine/weights/weightMap'
import { createStream } from '../../src/main/engine/maths/random'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import { validateParameters } from '../../src/shared/schema'
import type { BenchOptions, PhaseTimes } from './phases'

const seed = 1
const classes = 10
const side = 32
const normalization = { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.201] }

function contextOf(graph: boolean, name: string): DistillationContext {
  const wideResNet = (width: number) => {
    const member = architectures.get('wrn')
    return member.create(validateParameters(member.params, { depth: 16, width }, 'architecture').values, {
      classes,
      channels: 3,
      height: side,
      width: side,
      stream: createStream(seed, `${name}${width}`),
    })
  }
  const state = createStateBundle(seed, tf)
  return {
    dataset: 'signs',
    augmentation: { crop: true, flip: true },
    teacher: wideResNet(2),
    student: wideResNet(1),
    classes,
    normalization,
    program: createStepProgram({ mode: graph ? 'graph' : 'eager' }),
    state,
    image: { height: side, width: side, channels: 3 },
    stream: (stream: string) => state.stream(stream),
    defenses: [],
  }
}

const position = { index: 0, total: 200, measure: false }

async function timed(work: () => unknown): Promise<PhaseTimes> {
  const start = performance.now()
  await work()
  return { total: (performance.now() - start) / 1000 }
}

/** One call of the CMI synthesizer; the images that it presents to the student are not part of it. */
export function createSynthesisPhase({
  batch,
  graph,
  synthesisSteps,
  bank,
  negatives,
}: BenchOptions): () => Promise<PhaseTimes> {
  const context = contextOf(graph, 'synthesis')
  const method = distillationMethods.get('cmi')
  const { values } = validateParameters(
    method.params,
    { synthesisSteps, synthesisBatchSize: batch, bankSize: bank, negatives },
    'method',
  )
  const synthesizer = method.createSynthesizer(values, context)
  const snapshot = context.state.snapshot()
  const width = 2 * instanceFeatureCount(context.teacher)
  snapshot.tensors.set(
    'memoryBankRows/rows',
    float32Tensor([bank, width], createStream(seed, 'bank').normal(bank * width)),
  )
  context.state.restore(snapshot)
  return () => timed(() => synthesizer.step(position))
}

/** One batch of patches with the teacher's answers and the student's update. */
export function createOodPhase({ batch, graph }: BenchOptions): () => Promise<PhaseTimes> {
  const context = contextOf(graph, 'ood')
  const method = distillationMethods.get('ood')
  const { values } = validateParameters(method.params, { batchSize: batch, patches: batch * 2 }, 'method')
  let ready: Promise<() => Promise<PhaseTimes>> | undefined
  const prepare = async (): Promise<() => Promise<PhaseTimes>> => {
    const picture = await method.loadPicture?.(values, 3)
    const complete = { ...context, ...(picture ? { picture } : {}) }
    const synthesizer = method.createSynthesizer(values, complete)
    const trainer = method.createStudentTrainer(values, complete, synthesizer)
    return () =>
      timed(async () => {
        await synthesizer.step(position)
        const made = await synthesizer.sample(position)
        await trainer.step(made, position)
        tf.dispose([made.images, made.teacherLogits])
      })
  }
  return async () => (await (ready ??= prepare()))()
}

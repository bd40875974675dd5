/**
 * Losses and gradients of ours on the weights and inputs that the tuned baseline wrote: what is compared in speed has
 * to be the same mathematics.
 */
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { createZsktGenerator } from '../../src/main/engine/families/architectures/generators/zskt'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import {
  zsktGeneratorStep,
  zsktSampleStep,
  zsktStudentStep,
} from '../../src/main/engine/families/distillation/zskt/steps'
import { createAdam, createSgd } from '../../src/main/engine/families/optimizers'
import { createStepProgram } from '../../src/main/engine/graph'
import type { Classifier } from '../../src/main/engine/maths/nn/types'
import { createStream } from '../../src/main/engine/maths/random'
import { teacherStep } from '../../src/main/engine/trainer/teacherStep'
import { loadWeights } from '../../src/main/engine/weights/network'
import { readSafetensors } from '../../src/main/engine/weights/safetensors/read'
import { toFloat32, type WeightMap } from '../../src/main/engine/weights/weightMap'
import type { BenchOptions } from './phases'

const classes = 10
const side = 32
const problem = { classes, channels: 3, height: side, width: side }
const stream = createStream(1, 'numbers')
const clip = 5
const divergence = { temperature: 1, reduction: 'mean' as const, gradientClip: clip }
const generatorOptions = {
  ...divergence,
  adversarialWeight: 1,
  batchNormWeight: 0,
  oneHotWeight: 0,
  balanceWeight: 0,
}

function classifier(width: number, weights: WeightMap): Classifier {
  const network = wrn.create({ depth: 16, width }, { ...problem, stream })
  loadWeights(network, weights)
  return network
}

function inputOf<T extends tf.Tensor>(inputs: WeightMap, name: string): T {
  const tensor = inputs.get(name)
  if (!tensor) throw new Error(`The inputs of the baseline have no "${name}".`)
  return tf.tensor(toFloat32(tensor), [...tensor.shape], 'float32') as T
}

/** No update changes a weight: the learning rate is 0. */
export async function numbersOf(
  { graph, precision = 'float32' }: BenchOptions,
  folder: string,
): Promise<Record<string, number>> {
  const read = async (name: string): Promise<WeightMap> =>
    (await readSafetensors(join(folder, `${name}.safetensors`))).tensors
  const inputs = await read('inputs')
  const [teacher, student, trained] = [
    classifier(2, await read('teacher')),
    classifier(1, await read('student')),
    classifier(2, await read('trained')),
  ]
  const generator = createZsktGenerator({
    latent: 100,
    width: 128,
    channels: problem.channels,
    height: side,
    imageWidth: side,
    stream,
  })
  loadWeights(generator, await read('generator'))
  const program = createStepProgram({ mode: graph ? 'graph' : 'eager', precision })
  const generatorParts = {
    teacher,
    student,
    generator,
    optimizer: createAdam(generator.parameters),
    options: generatorOptions,
    defenses: [],
  }
  const studentParts = {
    student,
    optimizer: createAdam(student.parameters),
    options: { ...divergence, attention: 250 },
  }
  const optimizer = createSgd(trained.parameters, { momentum: 0.9, weightDecay: 5e-4 })
  const sample = program.compile('numbers/sample', (args) =>
    zsktSampleStep({ teacher, generator, attention: true }, args),
  )
  const ofGenerator = program.compile('numbers/generator', (args) => zsktGeneratorStep(generatorParts, args))
  const ofStudent = program.compile('numbers/student', (args) => zsktStudentStep(studentParts, args))
  const ofTeacher = program.compile('numbers/teacher', (args) => teacherStep(trained, optimizer, args))

  const learningRate = tf.scalar(0)
  const images = inputOf<tf.Tensor4D>(inputs, 'images')
  const latentCodes = inputOf<tf.Tensor2D>(inputs, 'codes')
  const labels = tf.tensor1d(
    Array.from({ length: images.shape[0] }, (_, index) => index % classes),
    'int32',
  )
  const { images: made, logits, ...maps } = sample.run({ latentCodes })
  if (!made || !logits) throw new Error('The sample step gave no images.')
  const attention = Object.fromEntries(
    Object.entries(maps).map(([name, map]) => [name.replace('attentionMap', 'teacherAttention'), map]),
  )
  const number = (tensor: tf.Tensor | undefined): number => tensor?.dataSync()[0] ?? NaN
  const generated = ofGenerator.run({ latentCodes, learningRate })
  const learnt = ofStudent.run({ images: made, teacherLogits: logits, learningRate, ...attention })
  return {
    generatorLoss: number(generated.loss),
    generatorGradient: number(generated.gradientNorm),
    studentLoss: number(learnt.loss),
    studentGradient: number(learnt.gradientNorm),
    teacherLoss: number(ofTeacher.run({ images, labels, learningRate }).loss),
  }
}

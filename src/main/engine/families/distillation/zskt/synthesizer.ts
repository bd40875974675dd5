/** ZSKT's generator side: one adversarial update per pseudo batch, then the batch itself. */
import * as tf from '@tensorflow/tfjs-core'
import { createZsktGenerator } from '../../architectures/generators/zskt'
import type { Generator } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { createAdam } from '../../optimizers/adam'
import { cosineSchedule } from '../../schedules'
import type { RandomStream } from '../../../maths/random'
import { activeDefenses, argumentsOfDefenses, createDefendedStep } from '../defendedStep'
import { metricsOf } from '../stepOutputs'
import { ownLoss, totalOf } from '../generatorStep'
import { zsktTerms } from '../terms'
import { zsktGeneratorStep, zsktLook, zsktSampleStep } from './steps'
import type { DistillationContext, GeneratorContext, OpenGenerator, Synthesizer } from '../types'
import { asksTeacherAnew, type ZsktParameters } from './parameters'

/** z ~ N(0, 1), with a class appended as one-hot where asked for: every class equally often, in random order. */
function drawCodes(values: ZsktParameters, classes: number, stream: RandomStream): NamedTensors {
  const { batchSize, latent } = values
  const normal = stream.normal(batchSize * latent)
  if (!values.classConditional) return { latentCodes: tf.tensor2d(normal, [batchSize, latent]) }
  const width = latent + classes
  const codes = new Float32Array(batchSize * width)
  const drawn = Int32Array.from(stream.permutation(batchSize), (place) => place % classes)
  for (let row = 0; row < batchSize; row++) {
    codes.set(normal.subarray(row * latent, (row + 1) * latent), row * width)
    codes[row * width + latent + (drawn[row] ?? 0)] = 1
  }
  return { latentCodes: tf.tensor2d(codes, [batchSize, width]), classes: tf.tensor1d(drawn, 'int32') }
}

const generatorOf = (
  values: ZsktParameters,
  { classes, image, stream }: Pick<DistillationContext, 'classes' | 'image' | 'stream'>,
): Generator =>
  createZsktGenerator({
    latent: values.latent + (values.classConditional ? classes : 0),
    width: values.generatorWidth,
    channels: image.channels,
    height: image.height,
    imageWidth: image.width,
    stream: stream('initialGenerator'),
  })

/** The generator as it is, with the loss that it has without a defense. */
export function openZsktGenerator(values: ZsktParameters, context: GeneratorContext): OpenGenerator {
  const { teacher, student, state, classes } = context
  const generator = generatorOf(values, context)
  state.addNetwork('generator', generator)
  return {
    parameters: generator.parameters,
    arguments: (stream) => drawCodes(values, classes, stream),
    look(args, updates) {
      const { input, shown } = zsktLook({ teacher, student, generator, options: values }, args, updates)
      const { summands } = ownLoss({ terms: zsktTerms, values }, input)
      return { images: shown, teacher: input.teacher, loss: totalOf(summands) }
    },
  }
}

export function createZsktSynthesizer(values: ZsktParameters, context: DistillationContext): Synthesizer {
  const { program, teacher, student, state, defenses } = context
  const generator = generatorOf(values, context)
  const optimizer = createAdam(generator.parameters)
  state.addNetwork('generator', generator)
  state.addVariables('generatorOptimizer', optimizer.slots)
  const schedule = cosineSchedule(values.generatorLearningRate, values.pseudoBatches)
  const stream = context.stream('latentCodes')
  let codes: NamedTensors | undefined
  const stepFor = createDefendedStep(
    program,
    'generator',
    (active) => (args) =>
      zsktGeneratorStep({ teacher, student, generator, optimizer, options: values, defenses: active }, args),
  )
  const attention = values.attention > 0 && !asksTeacherAnew(values)
  const sample = program.compile('sample', (args) => zsktSampleStep({ teacher, generator, attention }, args))

  return {
    step(position) {
      if (codes) tf.dispose(codes)
      codes = drawCodes(values, context.classes, stream)
      // Phases of defenses follow the distillation: the generator, its learning rate at 0, rests.
      if (position.index >= values.pseudoBatches) return {}
      const active = activeDefenses(defenses)
      const numbers = { learningRate: tf.scalar(schedule(position.index)), ...argumentsOfDefenses(active) }
      const outputs = stepFor(active).run({ ...codes, ...numbers })
      const metrics = position.measure ? metricsOf(outputs, { loss: 'generatorLoss' }) : {}
      tf.dispose([numbers, outputs])
      return metrics
    },
    sample() {
      const { latentCodes, classes } = codes ?? {}
      if (!latentCodes)
        throw new Error('A pseudo batch was asked for before the generator step that draws its latent codes.')
      const { images, logits, ...maps } = sample.run({ latentCodes })
      tf.dispose([latentCodes, classes ?? []])
      codes = undefined
      return {
        images: images as tf.Tensor4D,
        teacherLogits: logits as tf.Tensor2D,
        teacherAttention: Object.keys(maps)
          .sort()
          .map((name) => maps[name] as tf.Tensor2D),
      }
    },
  }
}

/** ZSKT's student side: several updates on each pseudo batch, or on batches mixed from a memory of earlier ones. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { attentionMap } from '../../../maths/losses/attention'
import { createAdam } from '../../optimizers/adam'
import { cosineSchedule } from '../../schedules'
import { createReplayMemory } from './replay'
import { valuesOf } from '../stepOutputs'
import { zsktStudentLoss, zsktStudentStep } from './steps'
import type { DistillationContext, StepMetrics, StudentTrainer } from '../types'
import { asksTeacherAnew, type ZsktParameters } from './parameters'

type BatchSource = StudentTrainer['batches']

/** Every update sees the pseudo batch itself with the teacher's answers that came with it. */
const sameBatch: BatchSource = (batch) => {
  const args: NamedTensors = { images: batch.images, teacherLogits: batch.teacherLogits }
  batch.teacherAttention.forEach((map, level) => {
    args[`teacherAttention${level}`] = map
  })
  return () => ({ args, own: [] })
}

/** Every update sees a batch of its own, mixed from the memory, and asks the teacher anew. */
function replayedBatches(values: ZsktParameters, context: DistillationContext): BatchSource {
  const { teacher, program, image } = context
  const memory = createReplayMemory(
    {
      capacity: values.replay > 0 ? values.replayCapacity : values.batchSize,
      share: values.replay,
      shift: values.shift,
      light: values.light,
    },
    [values.batchSize, image.height, image.width, image.channels],
    context.stream('replay'),
    context.state,
  )
  const ask = program.compile('askTeacher', ({ images }) =>
    tf.tidy(() => {
      const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
      const maps =
        values.attention > 0
          ? activations.map((activation, level) => [`teacherAttention${level}`, attentionMap(activation)] as const)
          : []
      return { teacherLogits: logits, ...Object.fromEntries(maps) }
    }),
  )
  return (batch) => {
    memory.add(batch.images)
    return () => {
      const images = memory.draw()
      const answers = ask.run({ images })
      return { args: { images, ...answers }, own: [images, ...Object.values(answers)] }
    }
  }
}

export function createZsktStudentTrainer(values: ZsktParameters, context: DistillationContext): StudentTrainer {
  const { program, student, state } = context
  const optimizer = createAdam(student.parameters)
  state.addNetwork('student', student)
  state.addVariables('studentOptimizer', optimizer.slots)
  const schedule = cosineSchedule(values.studentLearningRate, values.pseudoBatches)
  const anew = asksTeacherAnew(values)
  // Updates on the same batch are one call: the device goes on by itself, and the batch is handed to it once.
  const calls = anew ? values.studentSteps : 1
  const repeats = values.studentSteps / calls
  const runner = program.compile('student', (args) => zsktStudentStep({ student, optimizer, options: values }, args), {
    repeats,
  })
  const batches = anew ? replayedBatches(values, context) : sameBatch
  const read: Readonly<Record<string, keyof StepMetrics>> = {
    loss: 'studentLoss',
    divergence: 'divergence',
    gradientNorm: 'gradientNorm',
    ...(values.attention > 0 ? { attention: 'attention' as const } : {}),
  }

  return {
    imagesPerStep: values.batchSize * (values.studentSteps + 1),
    updates: values.studentSteps,
    batches,
    loss: (output, args) => zsktStudentLoss(output, args, values),
    step(batch, position) {
      const learningRate = schedule(position.index)
      const rate = tf.scalar(learningRate)
      const next = batches(batch)
      const metrics: StepMetrics = position.measure ? { learningRate } : {}
      for (let call = 0; call < calls; call++) {
        const { args, own } = next()
        const outputs = runner.run({ ...args, learningRate: rate })
        if (position.measure) {
          for (const [output, metric] of Object.entries(read))
            for (const value of valuesOf(outputs, output, repeats))
              metrics[metric] = (metrics[metric] ?? 0) + value / values.studentSteps
        }
        tf.dispose([outputs, [...own]])
      }
      rate.dispose()
      return metrics
    },
  }
}

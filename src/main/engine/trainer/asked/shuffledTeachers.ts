/** Channel-shuffled copies of the teacher for analyses, drawn from a seed. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import type { AskedMaterials, ShuffleChoice } from '../../families/analyses/askedTypes'
import type { StepProgram, StepRunner } from '../../graph/types'
import type { Normalization } from '../../images/types'
import { createShuffledEnsemble, shuffledLayers } from '../../maths/losses/shufflingVaccine'
import type { Classifier } from '../../maths/nn/types'
import { createStream } from '../../maths/random'
import { inBatches } from '../imageModel'

interface ShuffledTeachersInput {
  readonly program: StepProgram
  readonly teacher: Classifier
  readonly normalization: Normalization
}

const canBeShuffled = ({ parameters }: Classifier): boolean => {
  try {
    return shuffledLayers(parameters, 1).length > 0
  } catch (error) {
    if (error instanceof RefusedInputError) return false
    throw error
  }
}

/** One captured step for each choice: the teacher once, and from its activations every member. */
function shuffledStep(
  { program, teacher }: ShuffledTeachersInput,
  { members, layers, seed }: ShuffleChoice,
): StepRunner {
  const stream = createStream(seed, 'shuffles')
  const ensemble = createShuffledEnsemble(teacher, { members, layers, stream })
  return program.compile(`shuffled@${members}/${layers}/${seed}`, (args) =>
    tf.tidy(() => {
      const images = args.images as tf.Tensor4D
      const { logits, activations } = teacher.forward(images, { training: false })
      const others = ensemble.members.map((member, index): [string, tf.Tensor] => [
        `member${index}`,
        member.forward(images, { training: false, prefix: activations }).logits,
      ])
      return { teacher: logits, ...Object.fromEntries(others) }
    }),
  )
}

export function createShuffledTeachers(input: ShuffledTeachersInput): AskedMaterials['shuffledTeachers'] {
  const { teacher, normalization } = input
  if (!canBeShuffled(teacher)) return null
  const steps = new Map<string, StepRunner>()
  return (images, choice) => {
    const key = JSON.stringify(choice)
    const { run } = steps.get(key) ?? shuffledStep(input, choice)
    steps.set(key, { name: key, run })
    const width = teacher.classes
    const empty = (): Float32Array => new Float32Array(images.count * width)
    const found = { teacher: empty(), members: Array.from({ length: choice.members }, empty), mean: empty() }
    const work = (batch: tf.Tensor4D) => run({ images: batch })
    inBatches(images, normalization, work, (values, first, count) => {
      const put = (into: Float32Array, from: Float32Array | undefined): void =>
        into.set((from as Float32Array).subarray(0, count * width), first * width)
      put(found.teacher, values.teacher)
      found.members.forEach((member, index) => put(member, values[`member${index}`]))
    })
    for (let place = 0; place < found.mean.length; place++)
      found.mean[place] = found.members.reduce((sum, member) => sum + (member[place] ?? 0), 0) / choice.members
    return found
  }
}

/** Channel-shuffled copies of the teacher for analyses, drawn from a seed: their answers, and what they would push. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import type { ShuffleChoice, ShuffledTeachers, VaccineProbe } from '../../families/analyses/askedTypes'
import type { StepProgram, StepRunner } from '../../graph/types'
import type { ImageSet, Normalization } from '../../images/types'
import {
  createShuffledEnsemble,
  shuffledEnsembleLogits,
  shuffledLayers,
  suspectKl,
  type ShuffledEnsemble,
} from '../../maths/losses/shufflingVaccine'
import { differentiate } from '../../maths/nn/differentiate'
import type { Classifier } from '../../maths/nn/types'
import { sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { createStream } from '../../maths/random'
import { inBatches, rowsOf } from '../imageModel'

interface ShuffledTeachersInput {
  readonly program: StepProgram
  readonly teacher: Classifier
  readonly normalization: Normalization
}

/** All that can be shuffled, by name; none where the teacher has no hidden convolutions. */
function namesOfLayers({ parameters }: Classifier): string[] {
  try {
    return shuffledLayers(parameters, parameters.length).map(({ name }) => name.replace(/\.weight$/, ''))
  } catch (error) {
    if (error instanceof RefusedInputError) return []
    throw error
  }
}

/** One ensemble for each number of members and layers; another seed shuffles the same variables anew. */
interface Drawn {
  readonly ensemble: ShuffledEnsemble
  readonly answers: StepRunner
  readonly divergenceGradients: StepRunner
  useSeed(seed: number): void
}

/** The teacher once, and from its activations every member. */
function answersStep(teacher: Classifier, ensemble: ShuffledEnsemble, { images }: NamedTensors): NamedTensors {
  const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
  const others = ensemble.members.map((member, index): [string, tf.Tensor] => [
    `member${index}`,
    member.forward(images as tf.Tensor4D, { training: false, prefix: activations }).logits,
  ])
  return { teacher: logits, ...Object.fromEntries(others) }
}

/** d Σ_i KL(teacher ‖ mean of the shuffled)(i) / d images: each image's own, as none bears on another's answer. */
function gradientStep(teacher: Classifier, ensemble: ShuffledEnsemble, { images }: NamedTensors): NamedTensors {
  const source = images as tf.Tensor4D
  const { inputGradients } = differentiate(
    [],
    () => {
      const { logits, activations } = teacher.forward(source, { training: false })
      const { kl } = suspectKl(shuffledEnsembleLogits(ensemble, source, activations), logits)
      return { loss: sum<tf.Scalar>(kl), outputs: {} }
    },
    [source],
  )
  return { gradients: inputGradients[0] as tf.Tensor }
}

function draw({ program, teacher }: ShuffledTeachersInput, { members, layers, seed }: ShuffleChoice): Drawn {
  const streamOf = (of: number) => createStream(of, 'shuffles')
  const ensemble = createShuffledEnsemble(teacher, { members, layers, stream: streamOf(seed) })
  let current = seed
  const name = `shuffled@${members}/${layers}`
  return {
    ensemble,
    answers: program.compile(name, (args) => tf.tidy(() => answersStep(teacher, ensemble, args))),
    divergenceGradients: program.compile(`${name}.gradients`, (args) =>
      tf.tidy(() => gradientStep(teacher, ensemble, args)),
    ),
    useSeed(wanted) {
      if (wanted === current) return
      program.readState()
      ensemble.redraw(streamOf(wanted))
      program.writeState()
      current = wanted
    },
  }
}

export interface VaccineParts extends VaccineProbe {
  /** The copies of that choice: one object for all seeds, whose variables hold the one that was asked for last. */
  ensembleFor(choice: ShuffleChoice): ShuffledEnsemble
}

/** null where the teacher has no channels to shuffle. */
export function createVaccineProbe(input: ShuffledTeachersInput): VaccineParts | null {
  const { teacher, normalization } = input
  const layers = namesOfLayers(teacher)
  if (layers.length === 0) return null
  const known = new Map<string, Drawn>()
  const drawnFor = (choice: ShuffleChoice): Drawn => {
    const key = `${choice.members}/${choice.layers}`
    const drawn = known.get(key) ?? draw(input, choice)
    known.set(key, drawn)
    drawn.useSeed(choice.seed)
    return drawn
  }
  return {
    layers,
    ensembleFor: (choice) => drawnFor(choice).ensemble,
    shuffled: (images, choice) => answersOf(images, { choice, run: drawnFor(choice).answers.run, ...input }),
    divergenceGradients: (images, choice) => {
      const { run } = drawnFor(choice).divergenceGradients
      const width = images.height * images.width * images.channels
      return rowsOf(images, normalization, { run: (batch) => run({ images: batch }), output: 'gradients', width })
    },
  }
}

function answersOf(
  images: ImageSet,
  { teacher, normalization, choice, run }: ShuffledTeachersInput & { choice: ShuffleChoice; run: StepRunner['run'] },
): ShuffledTeachers {
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
    found.mean[place] = found.members.reduce((total, member) => total + (member[place] ?? 0), 0) / choice.members
  return found
}

/** Where a generator of a checkpoint would go: by its own loss, and by the penalty of shuffled teachers. */
import * as tf from '@tensorflow/tfjs-core'
import type { GeneratorProbe, GeneratorPush, ShuffleChoice } from '../../families/analyses/askedTypes'
import { distillationMethods } from '../../families/distillation'
import type { LoadedDataset } from '../../families/datasets/types'
import type { OpenGenerator } from '../../families/distillation/types'
import type { StepProgram, StepRunner } from '../../graph/types'
import { shuffledEnsembleLogits, vaccinePenalty } from '../../maths/losses/shufflingVaccine'
import { differentiate } from '../../maths/nn/differentiate'
import type { Classifier } from '../../maths/nn/types'
import type { NamedTensors } from '../../maths/ops/tensors'
import { createStream } from '../../maths/random'
import type { AnalysedStage, AnalyseJob } from '../../protocol/messages'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import { readCheckpointAt } from '../checkpoints'
import { createClassifier } from '../models'
import { createStateBundle } from '../state'
import type { VaccineParts } from './shuffledTeachers'

export interface GeneratorProbeInput {
  readonly job: AnalyseJob
  readonly stage: AnalysedStage
  readonly dataset: LoadedDataset
  readonly program: StepProgram
  readonly teacher: Classifier
  readonly vaccine: VaccineParts
}

/** null where no checkpoint is kept, or the method has no generator that lives through the run. */
export async function openGeneratorProbe(input: GeneratorProbeInput): Promise<GeneratorProbe | null> {
  const { job, stage, dataset, teacher } = input
  const { member, values } = distillationMethods.open(job.config.distillation.method, 'distillation.method')
  const step = job.step ?? listCheckpoints(stage.folder)[0]?.step
  const found = step === undefined ? null : await readCheckpointAt(stage.folder, step, () => undefined)
  if (!found || !member.openGenerator) return null
  const state = createStateBundle(job.config.seed, tf)
  const stream = (name: string) => state.stream(name)
  const student = createClassifier(
    job.config.distillation.architecture,
    dataset,
    createStream(0, 'replacedByCheckpoint'),
    stage.id,
  )
  state.addNetwork('student', student)
  const { height, width, channels } = dataset.train
  const generator = member.openGenerator(values, {
    ...{ teacher, student, state, stream },
    classes: dataset.classNames.length,
    image: { height, width, channels },
  })
  state.restore(found.snapshot)
  return { step: found.step, ...pushesOf(generator, input) }
}

/** The same batch number gives the same codes. */
const codesOf = ({ arguments: draw }: OpenGenerator, batch: number): NamedTensors =>
  draw(createStream(batch, 'probedCodes'))

function pushesOf(
  generator: OpenGenerator,
  { program, vaccine }: Pick<GeneratorProbeInput, 'program' | 'vaccine'>,
): Pick<GeneratorProbe, 'own' | 'penalty'> {
  const { parameters } = generator
  const runners = new Map<string, StepRunner>()
  const runnerOf = (name: string, step: (args: NamedTensors) => NamedTensors): StepRunner => {
    const made = runners.get(name) ?? program.compile(name, (args) => tf.tidy(() => step(args)))
    runners.set(name, made)
    return made
  }
  const push = (runner: StepRunner, batch: number): GeneratorPush => {
    const codes = codesOf(generator, batch)
    const outputs = runner.run(codes)
    const { loss, maskRate } = outputs
    const found = {
      loss: loss?.dataSync()[0] ?? NaN,
      suspected: maskRate?.dataSync()[0] ?? 0,
      gradient: joined(parameters.map((_, index) => outputs[`gradient${index}`]?.dataSync() as Float32Array)),
    }
    tf.dispose([codes, outputs])
    return found
  }
  const named = (gradients: readonly tf.Tensor[]): NamedTensors =>
    Object.fromEntries(gradients.map((gradient, index) => [`gradient${index}`, gradient]))
  return {
    own: (batch) =>
      push(
        runnerOf('generator.own', (args) => {
          const { loss, gradients } = differentiate(parameters, (updates) => ({
            loss: generator.look(args, updates).loss,
            outputs: {},
          }))
          return { loss, ...named(gradients) }
        }),
        batch,
      ),
    penalty(batch, choice: ShuffleChoice) {
      const ensemble = vaccine.ensembleFor(choice)
      return push(
        runnerOf(`generator.penalty@${choice.members}/${choice.layers}`, (args) => {
          const { loss, gradients, outputs } = differentiate(parameters, (updates) => {
            const { images, teacher } = generator.look(args, updates)
            const shuffled = shuffledEnsembleLogits(ensemble, images, teacher.activations)
            const { penalty, maskRate } = vaccinePenalty(shuffled, teacher.logits, tf.scalar(1))
            return { loss: penalty, outputs: { maskRate } }
          })
          return { loss, ...outputs, ...named(gradients) }
        }),
        batch,
      )
    },
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let first = 0
  for (const part of parts) {
    all.set(part, first)
    first += part.length
  }
  return all
}

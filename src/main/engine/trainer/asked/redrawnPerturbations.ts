/** Universal perturbations of defenses, drawn again by the searches that their training makes. */
import * as tf from '@tensorflow/tfjs-core'
import type { PerturbationSearch, RedrawnPerturbations, RedrawnQuestion } from '../../families/analyses/askedTypes'
import type { LoadedDataset } from '../../families/datasets/types'
import { defenses } from '../../families/defenses'
import { distillationMethods } from '../../families/distillation'
import { normalizationTable, normalizedImages } from '../../images/batches'
import type { Normalization } from '../../images/types'
import type { Classifier } from '../../maths/nn/types'
import type { AnalysedStage, AnalyseJob } from '../../protocol/messages'
import { phaseOf } from '../../protocol/plans'
import { createProgram } from '../stages'
import { createStateBundle } from '../state'
import { openStudent } from './studentNetwork'

export interface RedrawnInput {
  readonly job: AnalyseJob
  readonly dataset: LoadedDataset
  readonly normalization: Normalization
  readonly teacher: Classifier
}

type Opened = ReturnType<typeof defenses.open>

/** The first of the student's defenses that looks for one. */
function openedOf({ config }: AnalyseJob, { index }: AnalysedStage): Opened | null {
  const choices = config.students[index]?.defenses ?? []
  return choices.map((choice) => defenses.open(choice, 'defenses')).find(({ member }) => member.perturbation) ?? null
}

function searchIn({ config }: AnalyseJob, { member, values }: Opened): PerturbationSearch | null {
  const method = distillationMethods.open(config.distillation.method, 'distillation.method')
  const phase = phaseOf({ id: member.id, params: values }, method.member.totalPseudoBatches(method.values))
  const { perturbation, title } = member
  return (
    (perturbation && {
      defense: title,
      against: perturbation.against(values),
      phase: phase ? { start: phase.start, total: phase.total } : null,
    }) ??
    null
  )
}

/** A copy of the student takes part: a search in training mode changes its running statistics. */
async function redrawn(
  { job, dataset, normalization, teacher }: RedrawnInput,
  { member, values }: Opened,
  { at, images, seed }: { readonly at: { stage: AnalysedStage; step: number | null } } & Omit<RedrawnQuestion, 'at'>,
): Promise<Float32Array[]> {
  const student = await openStudent(at.stage, { ...job, step: at.step }, dataset)
  if (!student || !member.perturbation) throw new Error(`${at.stage.title} cannot stand in a search.`)
  const { height, width, channels, count } = images
  const program = createProgram(job.config)
  const state = createStateBundle(seed, tf)
  const drawn = member.perturbation.create(values, {
    ...{ program, student, teacher, state, image: { height, width, channels } },
    stream: (name) => state.stream(name),
  })
  const places = Int32Array.from({ length: count }, (_, row) => row)
  const pixels = normalizedImages(images, places, normalizationTable(normalization, channels))
  const batch = tf.tensor4d(pixels, [count, height, width, channels])
  const answers = tf.tidy(() => teacher.forward(batch, { training: false }).logits)
  const rounds: Float32Array[] = []
  drawn.find(batch, answers, () => {
    program.readState()
    const normalised = drawn.variable.dataSync<'float32'>()
    const scale = normalization.standardDeviation
    rounds.push(Float32Array.from(normalised, (value, place) => value * (scale[place % channels] ?? 1)))
  })
  tf.dispose([batch, answers])
  program.dispose()
  student.dispose()
  return rounds
}

export function createRedrawnPerturbations(input: RedrawnInput): RedrawnPerturbations {
  const { job } = input
  const stageOf = (id: string): AnalysedStage => {
    const stage = job.stages.find((one) => one.id === id)
    if (!stage) throw new Error(`Stage ${id} was not asked about.`)
    return stage
  }
  return {
    searchOf(stageId) {
      const opened = openedOf(job, stageOf(stageId))
      return opened && searchIn(job, opened)
    },
    async redraw({ stageId, at, ...question }) {
      const opened = openedOf(job, stageOf(stageId))
      if (!opened) throw new Error(`No defense of ${stageId} looks for a universal perturbation.`)
      const place = { stage: stageOf(at.stageId), step: at.step }
      return redrawn(input, opened, { stageId, at: place, ...question })
    },
  }
}

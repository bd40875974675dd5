/** What the stages of an experiment keep on disk, about: weights, checkpoints and pictures. */
import { stageIdOf, type ExperimentConfig } from '../../../../shared/domain'
import type { CostModel } from './costModel'

const bytesPerScalar = 4
/** Weights and what the optimizer knows of each of them (Adam: two moments). */
const checkpointCopies = 3
/** Two generations of a checkpoint are there while a stage trains; when it is done, those that recording asks for. */
const generations = 2
/** A generator, its moments and the streams: what a checkpoint of ZSKT holds beside the student. */
const besideStudent = 2_000_000
/** Noise compresses badly. */
const pngShare = 0.9

/** Bytes by stage id; a network of unknown size counts nothing. */
export function diskEstimate(config: ExperimentConfig, costs: CostModel): Record<string, number> {
  const { teacher, distillation, data, recording, students } = config
  const scalars = (architecture: ExperimentConfig['teacher']['architecture']): number =>
    (costs.sizes(architecture, data).parameters ?? 0) * bytesPerScalar
  const teacherBytes = scalars(teacher.architecture)
  const studentBytes = scalars(distillation.architecture)
  const checkpoint = studentBytes * checkpointCopies + besideStudent
  const last = recording.keepLastCheckpoint ? 1 : 0
  const pseudoBatches = costs.distillation(config)?.pseudoBatches ?? 0
  const image = (costs.sizes(teacher.architecture, data).imageBytes ?? 0) * pngShare * recording.imagesPerStep
  const studentStages = students.map((_plan, index): [string, number] => {
    const { total } = costs.range(students, index, pseudoBatches)
    const pictures = Math.min(recording.keptSteps, Math.ceil(total / recording.imagesEvery)) * image
    return [
      stageIdOf({ kind: 'student', index }),
      studentBytes + (recording.keptCheckpoints + last) * checkpoint + pictures,
    ]
  })
  return {
    // Room for what trains: one stage at a time has its generations, wherever it stands.
    [stageIdOf({ kind: 'data', index: 0 })]: generations * Math.max(checkpoint, teacherBytes * checkpointCopies),
    [stageIdOf({ kind: 'teacher', index: 0 })]:
      teacher.source === 'file' ? 2 * teacherBytes : teacherBytes * (1 + last * checkpointCopies),
    ...Object.fromEntries(studentStages),
  }
}

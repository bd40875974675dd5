/** Stages of the tiny world, on a teacher that was trained in it. */
import { prepareStudentStage, prepareTeacherStage } from '../../src/main/engine/trainer/stages'
import type { StageWork } from '../../src/main/engine/trainer/stageWork'
import { startTensorFlow } from '../../src/main/engine/runtime'
import type { ExperimentConfig } from '../../src/shared/domain'
import { runToEnd, temporaryFolder, tinyExperiment } from './support'

let teacherWeights = ''
const cache = temporaryFolder('cache')

export const teacherStage = async (config: ExperimentConfig, folder: string): Promise<StageWork> =>
  (
    await prepareTeacherStage(
      { kind: 'teacher', stageId: 'teacher', config, folders: { stage: folder, cache }, resume: false },
      () => undefined,
    )
  ).work
export const studentStage = async (config: ExperimentConfig, folder: string): Promise<StageWork> =>
  (
    await prepareStudentStage(
      {
        kind: 'student',
        stageId: 'student-1',
        config,
        folders: { stage: folder, cache },
        resume: false,
        studentIndex: 0,
        teacherWeights,
      },
      () => undefined,
    )
  ).work

/** The weights of the teacher that students learn from here. */
export function useTeacher(weights: string): void {
  teacherWeights = weights
}

/** Starts TensorFlow and trains the teacher; before all tests of a file. */
export async function prepareTinyTeacher(): Promise<void> {
  await startTensorFlow()
  const folder = temporaryFolder('teacher')
  const work = await teacherStage(tinyExperiment(), folder)
  await runToEnd(work, folder)
  work.dispose()
  useTeacher(`${folder}/weights.safetensors`)
}

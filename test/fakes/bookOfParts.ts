/** A book of stages that knows what decides a stage by the parts of its configuration alone, and none that is done. */
import type { ExperimentConfig } from '../../src/shared/domain'
import { stagesOf } from '../../src/main/engine/control/experiments/stages'
import type { PlannedStage, StageBook } from '../../src/main/engine/control/studies/types'

const keysOf = (config: ExperimentConfig): readonly PlannedStage[] => {
  const { seed, data, attack, poisoning, teacher, distillation, students, execution } = config
  const text = (...parts: readonly unknown[]): string => JSON.stringify(parts)
  const dataKey = text('data', data, attack, poisoning, seed)
  const teacherKey = text('teacher', dataKey, teacher, execution.device)
  return stagesOf(config).map(({ id, kind, index }): PlannedStage => {
    if (kind === 'data') return { id, kind, index, key: dataKey, after: [] }
    if (kind === 'teacher') return { id, kind, index, key: teacherKey, after: [dataKey] }
    return {
      id,
      kind,
      index,
      key: text('student', teacherKey, distillation, students[index]),
      after: [dataKey, teacherKey],
    }
  })
}

export const bookOfParts: StageBook = { read: () => Promise.resolve(), keysOf, find: () => null }

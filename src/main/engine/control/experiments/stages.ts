/** The pipeline of an experiment: data → teacher → one stage per student. */
import {
  defenseLabel,
  precisionOf,
  saidPrecision,
  stageIdOf,
  stageRecipeOf,
  studentTitle,
  type ExperimentConfig,
  type Precision,
  type StageName,
  type StageRecord,
  type StudentPlan,
} from '../../../../shared/domain'

export const studentStageTitle = (plan: StudentPlan, index: number): string =>
  studentTitle(index, plan.defenses.length === 0 ? 'no defense' : defenseLabel(plan))

const stage = (name: StageName, title: string, more: Partial<StageRecord> = {}): StageRecord => ({
  ...name,
  id: stageIdOf(name),
  title,
  state: 'waiting',
  step: 0,
  totalSteps: null,
  seconds: 0,
  secondsLeft: null,
  evaluation: null,
  weights: null,
  warnings: [],
  ...more,
})

/** @param teacher the precision of the one that its students build on, where that is there already */
export function stagesOf(config: ExperimentConfig, teacher?: Precision): StageRecord[] {
  const records = [
    stage({ kind: 'data', index: 0 }, 'Data and attack'),
    stage({ kind: 'teacher', index: 0 }, config.teacher.source === 'file' ? 'Teacher from a file' : 'Teacher'),
    ...config.students.map((plan, index) =>
      stage({ kind: 'student', index }, studentStageTitle(plan, index), {
        method: config.distillation.method.id,
        defense: defenseLabel(plan),
      }),
    ),
  ]
  return records.map((record) => {
    const precision = (record.kind === 'teacher' ? teacher : undefined) ?? precisionOf(config)
    return {
      ...record,
      ...(record.kind === 'data' ? {} : saidPrecision(precision)),
      ...stageRecipeOf(config, record, precision),
    }
  })
}

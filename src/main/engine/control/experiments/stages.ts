/** The pipeline of an experiment: data → teacher → one stage per student. */
import type { ExperimentConfig, StageRecord, StudentPlan } from '../../../../shared/domain'
import { defenseLabel } from '../../../../shared/domain'

/** The title of a student's stage, e.g. "Student 2: sv". */
export const studentTitle = (plan: StudentPlan, index: number): string => {
  const defense = defenseLabel(plan)
  return defense === 'none' ? `Student ${index + 1}: no defense` : `Student ${index + 1}: ${defense}`
}

const stage = (id: string, kind: StageRecord['kind'], title: string, more: Partial<StageRecord> = {}): StageRecord => ({
  id,
  kind,
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

export function stagesOf(config: ExperimentConfig): StageRecord[] {
  return [
    stage('data', 'data', 'Data and attack'),
    stage('teacher', 'teacher', config.teacher.source === 'file' ? 'Teacher from a file' : 'Teacher'),
    ...config.students.map((plan, index) =>
      stage(`student-${index + 1}`, 'student', studentTitle(plan, index), {
        method: config.distillation.method.id,
        defense: defenseLabel(plan),
      }),
    ),
  ]
}

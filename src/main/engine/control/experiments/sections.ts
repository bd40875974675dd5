import { experimentSections } from '../../../../shared/domain'
import { teacherTrainingSchema } from '../../families/teacherTraining'

const { experiment, poisoning, teacher, ...others } = experimentSections

/** The sections of an experiment that belong to no family, as forms and catalogue show them. */
export const sections = {
  experiment,
  poisoning,
  teacher,
  training: { title: 'Teacher training', params: teacherTrainingSchema },
  ...others,
}

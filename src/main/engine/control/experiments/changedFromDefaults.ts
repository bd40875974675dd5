/** In what an experiment differs from the defaults, each member measured by its own. */
import {
  changedPaths,
  type ExperimentConfig,
  type MemberChoice,
  type PartialExperimentConfig,
  type StudentPlan,
} from '../../../../shared/domain'

const chosen = ({ id }: MemberChoice): { id: string } => ({ id })
const planned = ({ defenses }: StudentPlan): { defenses: { id: string }[] } => ({ defenses: defenses.map(chosen) })

/** Which members are where, without their parameters. */
const choicesOf = ({ data, attack, teacher, distillation, students }: ExperimentConfig): PartialExperimentConfig => ({
  data: chosen(data),
  attack: chosen(attack),
  teacher: { architecture: chosen(teacher.architecture) },
  distillation: { architecture: chosen(distillation.architecture), method: chosen(distillation.method) },
  students: students.map(planned),
})

/**
 * Dotted paths of members other than the default ones, and of values other than those that the same members have by
 * default in these places.
 * @param resolve fills what is left out
 */
export function changedFromDefaults(
  config: ExperimentConfig,
  resolve: (config: PartialExperimentConfig) => { config: ExperimentConfig },
): string[] {
  const choices = choicesOf(config)
  const own = resolve(choices).config
  // The intervals that a method proposes follow from its own values.
  const { recording } = resolve({ ...choices, distillation: config.distillation }).config
  return [
    ...new Set([
      ...changedPaths(config, { ...own, recording }),
      ...changedPaths(choices, choicesOf(resolve({}).config)),
    ]),
  ]
}

import { createRegistry } from '../../../../shared/schema'
import { adversarialUnlearning } from './adversarialUnlearning'
import { finePruning } from './finePruning'
import { selfRetrospection } from './selfRetrospection'
import { shufflingVaccine } from './shufflingVaccine'

export const defenses = createRegistry('defense', 'Defenses', [
  shufflingVaccine,
  selfRetrospection,
  finePruning,
  adversarialUnlearning,
])

import { createRegistry } from '../../../../shared/schema'
import { selfRetrospection } from './selfRetrospection'
import { shufflingVaccine } from './shufflingVaccine'

export const defenses = createRegistry('defense', 'Defenses', [shufflingVaccine, selfRetrospection])

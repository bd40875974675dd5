import { createRegistry } from '../../../shared/schema'
import { shufflingVaccine } from './shufflingVaccine'

export const defenses = createRegistry('defense', 'Defenses', [shufflingVaccine])

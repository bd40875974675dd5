import { createRegistry } from '../../../shared/schema'
import { zskt } from './zskt'

export const distillationMethods = createRegistry('distillation', 'Distillation', [zskt])

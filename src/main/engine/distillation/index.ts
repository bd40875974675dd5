import { createRegistry } from '../../../shared/schema'
import { kd } from './kd'
import { zskt } from './zskt'

export const distillationMethods = createRegistry('distillation', 'Distillation', [zskt, kd])

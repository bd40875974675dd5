import { createRegistry } from '../../../../shared/schema'
import { cmi, dafl, deepInversion, dfad, dfq, zsktInversion } from './inversion/members'
import { kd } from './cleanKd'
import { ood } from './oneImage'
import { zskt } from './zskt'

export const distillationMethods = createRegistry('distillation', 'Distillation', [
  zskt,
  cmi,
  deepInversion,
  dafl,
  dfq,
  dfad,
  zsktInversion,
  ood,
  kd,
])

/** What methods and defenses are tried with: tiny, and with their optional terms. */
import { defenses } from '../../src/main/engine/families/defenses'
import type { StudentPlan } from '../../src/shared/domain'

export const smallNetwork = { id: 'wrn', params: { depth: 10, width: 1 } }

export const tinyMethod = { pseudoBatches: 4, batchSize: 8, studentSteps: 2, generatorWidth: 8, latent: 10 }

/** Tiny parameters of each method (ZSKT's where none are named), then sets that switch on its optional terms. */
const tinyInversion = {
  pseudoBatches: 4,
  synthesisSteps: 2,
  synthesisBatchSize: 8,
  studentSteps: 2,
  batchSize: 8,
  callsPerEpoch: 1,
}
export const tinyGenerator = { ...tinyInversion, latent: 10, generatorWidth: 4 }
export const switches: Record<string, Record<string, unknown>[]> = {
  cmi: [{ ...tinyGenerator, headWidth: 8, bankSize: 12, negatives: 10 }],
  deepinversion: [{ ...tinyInversion, poolCapacity: 12, normWeight: 0.001 }],
  dafl: [tinyGenerator],
  dfq: [tinyGenerator],
  dfad: [tinyGenerator],
  zskt_inversion: [tinyGenerator],
  ood: [{ patches: 36, batchSize: 8, epochs: 1, milestones: [1] }],
  kd: [
    { pseudoBatches: 4, batchSize: 8, percent: 0.2 },
    { pseudoBatches: 4, batchSize: 8, percent: 0.05, referenceNormalization: true, momentum: 0, crop: false },
  ],
  zskt: [
    tinyMethod,
    {
      ...tinyMethod,
      attention: 0,
      classConditional: true,
      replay: 0.5,
      shift: 2,
      light: 0.2,
      batchNormWeight: 1,
      oneHotWeight: 0.5,
      balanceWeight: 1,
    },
  ],
}
const tinyDefenses: Record<string, Record<string, unknown>> = {
  sr: { rounds: 2, iterations: 2 },
  fp: { ratio: 0.05, batches: 2, steps: 2 },
  ibau: { images: 8, batchSize: 4, rounds: 2, iterations: 2 },
}
/** Of defenses that all work on the finished student: they only ask a method for further pseudo batches. */
export const worksAfterwards = ({ defenses: planned }: StudentPlan): boolean =>
  planned.length > 0 && planned.every(({ id }) => defenses.get(id).afterwards !== undefined)
export const defensePlans: StudentPlan[] = [
  { defenses: [] },
  ...defenses.members.map((defense) => ({ defenses: [{ id: defense.id, params: tinyDefenses[defense.id] ?? {} }] })),
]

/** The models that two processes with the same seed must make alike. */
import { defenses } from '../../src/main/engine/families/defenses'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { PartialExperimentConfig, StudentPlan } from '../../src/shared/domain'
import { defensePlans, smallNetwork, switches, tinyGenerator, tinyMethod } from '../contract/cases'

/**
 * - slice: each method undefended, each defense with the first method, and the large one; for every test run
 * - all: each method with its optional terms × each defense, teachers of both kinds, and the large one
 * - large: a CMI student whose steps are large enough for what TensorFlow does only to large graphs
 */
export type Amount = 'slice' | 'all' | 'large'

export interface SameModel {
  readonly name: string
  readonly kind: 'teacher' | 'student'
  readonly change: PartialExperimentConfig
}

const student = (id: string, params: Record<string, unknown>, plan: StudentPlan, suffix = ''): SameModel => ({
  name: `${id}${suffix}, defense ${plan.defenses.map((defense) => defense.id).join('+') || 'none'}`,
  kind: 'student',
  change: { students: [plan], distillation: { architecture: smallNetwork, method: { id, params } } },
})

/** Above the 205 MB from which TensorFlow's graph optimiser saves memory: docs/decisions.md, Captured steps. */
const large = student(
  'cmi',
  {
    ...tinyGenerator,
    pseudoBatches: 3,
    synthesisSteps: 4,
    synthesisBatchSize: 32,
    batchSize: 32,
    generatorWidth: 16,
    latent: 256,
  },
  { defenses: [] },
  ', large',
)

const teacher = (name: string, training: Record<string, unknown>): SameModel => ({
  name: `teacher, ${name}`,
  kind: 'teacher',
  change: { teacher: { architecture: smallNetwork, training: { epochs: 2, batchSize: 32, ...training } } },
})

const allDefenses: StudentPlan = { defenses: defensePlans.flatMap((plan) => plan.defenses) }
const tinyOf = (id: string): Record<string, unknown>[] => switches[id] ?? [tinyMethod]

const everything = (): SameModel[] => [
  teacher('Adam', { optimizer: 'adam', learningRate: 0.01, schedule: 'cosine' }),
  ...distillationMethods.members.flatMap(({ id }) =>
    tinyOf(id).flatMap((params, index) =>
      [...defensePlans, ...(defenses.members.length > 1 ? [allDefenses] : [])].map((plan) =>
        student(id, params, plan, index > 0 ? ' with its optional terms' : ''),
      ),
    ),
  ),
]

function slice(): SameModel[] {
  const methods = distillationMethods.members.map(({ id }) => ({ id, params: tinyOf(id)[0] ?? {} }))
  return [
    ...methods.map(({ id, params }) => student(id, params, { defenses: [] })),
    ...methods
      .slice(0, 1)
      .flatMap(({ id, params }) =>
        defensePlans.filter((plan) => plan.defenses.length > 0).map((plan) => student(id, params, plan)),
      ),
  ]
}

export function modelsOf(amount: Amount): SameModel[] {
  switch (amount) {
    case 'slice':
      return [...slice(), large]
    case 'all':
      return [...everything(), large]
    case 'large':
      return [large]
  }
}

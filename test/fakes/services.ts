/** What an engine of fakes is made of beside its store and its trainers. */
import { createHash } from 'node:crypto'
import type { DataService } from '../../src/main/engine/control/api/dataService'
import type { CostModel } from '../../src/main/engine/control/experiments/costModel'
import type { CallArgs, ModelReport } from '../../src/shared/contract'
import { fakeCatalogue } from './catalogue'
import { createFakeEngine } from './engine'

/** The fake engine's data calls, as control asks for them. */
export function createFakeData(): DataService {
  const fake = createFakeEngine()
  return {
    info: (data) => fake.call('dataset.info', { config: { data } }),
    images: (data, wanted) =>
      fake.call('dataset.images', {
        config: { data },
        ...('classes' in wanted ? { ...wanted, classes: [...wanted.classes] } : wanted),
      }),
    print: ({ id }) =>
      Promise.resolve({ sha256: createHash('sha256').update(id).digest('hex'), images: 6000, classes: 10 }),
    recognize: (path) => fake.call('dataset.recognize', { path }),
    download: (request) => fake.call('dataset.download', request),
    patchPreview: (config, count) => fake.call('experiment.patchPreview', { config: { ...config }, count }),
    triggerPreview: (config, { first, count, poisonable }) =>
      fake.call('experiment.triggerPreview', { config: { ...config }, firstImage: first, count, poisonable }),
  }
}

export const inspectFakeModel = (asked: CallArgs<'model.inspect'>): Promise<ModelReport> =>
  createFakeEngine().call('model.inspect', asked)

export const fakeCosts: CostModel = {
  forward: () => 50e6,
  refusal: () => null,
  faults: () => [],
  memberIssues: () => [],
  phase: () => undefined,
  afterwards: () => undefined,
  joins: () => [],
  levels: () => [],
  distillation: ({ distillation: { method } }) => ({
    pseudoBatches: Number(
      method.params.pseudoBatches ?? fakeCatalogue.defaults.distillation.method.params.pseudoBatches,
    ),
    defendedImages: 64,
    studentImages: 64,
    studentForwards: 64,
    teacherForwards: 64,
    ownMultiplyAdds: 64 * 57e6,
    held: { teacherImages: 64, studentImages: 64, ownActivations: 0 },
  }),
  defense: () => ({
    teacherForwardsPerGeneratorImage: 3,
    studentForwardsPerStudentImage: 0,
    teacherForwardsPerStudentImage: 0,
  }),
  length: (_plan, pseudoBatches) => ({ total: pseudoBatches, prefix: null }),
  actsFrom: () => 0,
  range: (_students, _index, pseudoBatches) => ({ start: 0, total: pseudoBatches }),
  follows: () => false,
  images: () => ({ train: 5000, test: 1000 }),
  trainPerClass: () => undefined,
  sizes: () => ({ parameters: 100_000, multiplyAdds: 50e6, activations: 125e3, imageBytes: 3072 }),
}

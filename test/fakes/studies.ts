/** Studies of the fake engine: the product's own service over runs and a store in memory. */
import { bookOfParts } from './bookOfParts'
import { createStudyService, type StudyServiceOptions } from '../../src/main/engine/control/studies/service'
import type { StudyAnalyses, StudyRuns } from '../../src/main/engine/control/studies/types'
import type { StudiesTable, StoredCell, StoredStudy } from '../../src/main/engine/control/store/studyRecords'
import { stageIdOf, type ExperimentConfig, type StudyPreset } from '../../src/shared/domain'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { fakeCatalogue, fakeMembers } from './catalogue'

/** A store that is gone with the test. */
export function createMemoryStudies(): StudiesTable {
  const studies = new Map<string, { study: StoredStudy; cells: Map<number, StoredCell> }>()
  const of = (id: string) => {
    const found = studies.get(id)
    if (!found) throw new Error(`There is no study ${id}.`)
    return found
  }
  return {
    all: () =>
      structuredClone([...studies.values()].map(({ study, cells }) => ({ study, cells: [...cells.values()] }))),
    insert: (study) => void studies.set(study.id, { study: structuredClone(study), cells: new Map() }),
    update: (study) => void (of(study.id).study = structuredClone(study)),
    putCells: (id, cells) => {
      for (const cell of cells) of(id).cells.set(cell.index, structuredClone(cell))
    },
    remove: (id) => void studies.delete(id),
    transaction: (work) => work(),
  }
}

/** Seconds of a stage, made up. */
export function fakeSeconds({ teacher, distillation, students }: ExperimentConfig): Record<string, number> {
  const pseudoBatches = Number(distillation.method.params.pseudoBatches)
  return {
    data: 1,
    teacher: teacher.training.epochs * 15,
    ...Object.fromEntries(
      students.map((plan, index) => [
        stageIdOf({ kind: 'student', index }),
        pseudoBatches * (1 + plan.defenses.length * 0.3),
      ]),
    ),
  }
}

export const fakeStudyPresets: readonly StudyPreset[] = [
  {
    id: 'small',
    title: 'Two triggers, two students, three seeds',
    description: 'Seconds with the fake engine.',
    definition: {
      format: 1,
      name: 'Two triggers',
      note: '',
      base: { preset: 'quick' },
      axes: [
        { path: 'attack', values: ['badnet_grid', 'blend'].map((id) => ({ label: id, value: { id, params: {} } })) },
        {
          path: 'defenses',
          values: [
            { label: 'none', value: [] },
            { label: 'sv', value: [{ id: 'sv', params: {} }] },
          ],
        },
        { path: 'seed', values: [0, 1, 2].map((value) => ({ label: String(value), value })) },
      ],
      exclude: [],
      conditions: [],
      strategy: { id: 'grid', params: {} },
      order: 'seedsLast',
      executor: 'local',
      priority: 0,
    },
  },
]

export const noAnalyses: StudyAnalyses = {
  start: () => {
    throw new Error('Nobody measures anything here.')
  },
  cancel: () => undefined,
  find: () => undefined,
  ofModel: () => [],
}

export type FakeStudyOptions = Pick<StudyServiceOptions, 'runs' | 'events'> & Partial<StudyServiceOptions>

/** The service over runs of a test's own. */
export function createFakeStudies({ runs, events, ...options }: FakeStudyOptions) {
  let counter = 0
  return createStudyService({
    runs: runs satisfies StudyRuns,
    events,
    table: fakeMembers,
    analyses: noAnalyses,
    presets: fakeCatalogue.presets,
    store: createMemoryStudies(),
    readOnly: false,
    resolve: (config) => resolveExperiment(config, fakeMembers),
    lengthOf: (config) => Number(config.distillation.method.params.pseudoBatches),
    planning: () => ({
      book: bookOfParts,
      estimate: async (config) => {
        const stages = fakeSeconds(config)
        const totalSeconds = Object.values(stages).reduce((sum, seconds) => sum + seconds, 0)
        return { stages, totalSeconds, basis: 'calculated', note: 'Made up by the fake engine.' }
      },
      length: (config) => Number(config.distillation.method.params.pseudoBatches),
      bytes: (config) => Object.fromEntries(Object.keys(fakeSeconds(config)).map((id) => [id, 1_000_000])),
    }),
    assertReady: () => undefined,
    assertExecutor: () => undefined,
    onError: (error) => {
      throw error
    },
    now: () => Date.UTC(2024, 0, 1) + counter * 60_000,
    newId: () => `study-${++counter}`,
    ...options,
  })
}

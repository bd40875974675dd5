/** What is done with many runs, and in what they differ: the engine's own answers, over the fake engine's runs. */
import type { CallHandlers } from '../../src/shared/contract'
import { forkName, type ExperimentConfig, type PartialExperimentConfig } from '../../src/shared/domain'
import { configurationDiff, describe } from '../../src/main/engine/control/experiments/configurationDiff'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { manyRunsCalls } from '../../src/main/engine/control/runs/manyRuns'
import { twinCalls } from '../../src/main/engine/control/runs/twins'
import { assertNoErrors, type RunMaker, type RunRequest } from '../../src/main/engine/control/runs/runMaker'
import { fakeMembers } from './catalogue'
import type { FakeRun } from './run'

export interface FakeRuns {
  readonly runs: ReadonlyMap<string, FakeRun>
  /** @throws RefusedInputError where there is none */
  run(id: string): FakeRun
  queue(config: PartialExperimentConfig, preset: string | null): FakeRun
  startNext(): void
  changed(run: FakeRun): void
  putFirst(runIds: readonly string[]): void
}

const configOf = (state: FakeRuns, id: string): ExperimentConfig => structuredClone(state.run(id).detail.config)

function create(state: FakeRuns, requests: readonly RunRequest[]) {
  const made = requests.map(({ config, note = '', executor }) => {
    const run = state.queue({ ...config }, null)
    Object.assign(run.detail, { note, ...(executor === undefined ? {} : { executor }) })
    return run
  })
  state.startNext()
  for (const run of made) state.changed(run)
  return made.map((run) => run.summary())
}

const makerOf = (state: FakeRuns): Pick<RunMaker, 'startable' | 'prepare' | 'create'> => ({
  startable(config, { subject }) {
    const { config: resolved, issues } = resolveExperiment(config, fakeMembers)
    assertNoErrors(issues, subject)
    return Promise.resolve(resolved)
  },
  prepare: () => Promise.resolve(),
  create: (requests) => create(state, requests),
})

export const fakeTwins = (state: FakeRuns): ReturnType<typeof twinCalls> =>
  twinCalls({
    runs: {
      own: (id) => state.run(id).detail,
      peek: (id) => state.run(id).summary(),
      ids: () => [...state.runs.keys()],
      config: (id) => configOf(state, id),
    },
    maker: makerOf(state),
  })

export const fakeManyRuns = (state: FakeRuns): ReturnType<typeof manyRunsCalls> =>
  manyRunsCalls({
    runs: {
      own: (id) => state.run(id).detail,
      has: (id) => state.runs.has(id),
      config: (id) => configOf(state, id),
    },
    mark(changes) {
      for (const [id, change] of changes) Object.assign(state.run(id).detail, structuredClone(change))
    },
    teller: { tell: (id) => state.changed(state.run(id)) },
    queue: { putFirst: (runIds) => state.putFirst(runIds), order: () => [...state.runs.keys()] },
    maker: makerOf(state),
  })

export const fakeDiff = (state: FakeRuns): Pick<CallHandlers, 'table.diff'> => ({
  'table.diff': ({ keys }) =>
    configurationDiff(
      keys.map((key) => describe(key, { config: (id) => configOf(state, id), peek: (id) => state.run(id).summary() })),
      fakeMembers,
    ),
})

/** A student can be gone on from where it is, and half-way there. */
export const fakeForks = (state: FakeRuns): Pick<CallHandlers, 'runs.forkSteps' | 'runs.fork'> => ({
  'runs.forkSteps'({ runId, stageId }) {
    const step = state.run(runId).detail.stages.find(({ id }) => id === stageId)?.step ?? 0
    return { steps: step > 1 ? [Math.floor(step / 2), step] : [] }
  },
  'runs.fork'({ runId, stageId, step, config, note = '', executor }) {
    const source = state.run(runId).detail
    const run = state.queue(config, null)
    const named = run.detail.name === source.name ? { name: forkName(source.name, step) } : {}
    Object.assign(run.detail, {
      ...named,
      note,
      ...(executor === undefined ? {} : { executor }),
      forkedFrom: { runId, runName: source.name, stageId, step },
    })
    state.startNext()
    state.changed(run)
    return run.summary()
  },
})

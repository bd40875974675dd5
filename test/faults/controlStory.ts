/**
 * A short run in an engine of this process, and some of what people do beside it: all that control itself does to files
 * and database. Played once with a fault and once more without.
 */
import { join } from 'node:path'
import { createEngine, type Engine } from '../../src/main/engine/control/api/engine'
import { createEngineLog } from '../../src/main/engine/control/log'
import { openStore } from '../../src/main/engine/control/store'
import type { RunSummary } from '../../src/shared/domain'
import { sentenceOf, toCauses } from '../../src/shared/errors'
import { fakeCatalogue, fakeFamilies } from '../fakes/catalogue'
import { createFakeData, fakeCosts, inspectFakeModel } from '../fakes/services'
import { createScriptedExecutor } from './scriptedTrainers'
import { foreignCauses, foreignIn } from './words'

const config = {
  teacher: { training: { epochs: 1 } },
  recording: { evaluateEvery: 4, imagesEvery: 2, imagesPerStep: 2 },
  students: [{ defenses: [] }],
}

/** What people were told, and so may rely on. */
export interface Told {
  /** The newest state of each run. */
  readonly states: Map<string, RunSummary['state']>
  /** Places of stages of which was said that they are done. */
  readonly doneStages: Set<string>
  /** Names that a call has given, by the run's id. */
  readonly names: Map<string, string>
  /** What was refused, in a sentence each. */
  readonly refused: string[]
  /** Sentences that were none of ours. */
  readonly foreign: string[]
}

export const nothingTold = (): Told => ({
  states: new Map(),
  doneStages: new Set(),
  names: new Map(),
  refused: [],
  foreign: [],
})

export interface OpenEngine {
  readonly engine: Engine
  /** Resolves when no run waits or runs. */
  settle(): Promise<void>
  close(): Promise<void>
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** @throws whatever the engine cannot start for */
export function openEngine(workspace: string, told: Told): OpenEngine {
  const store = openStore(workspace)
  const log = createEngineLog(join(workspace, 'logs'))
  const engine = createEngine({
    version: '0',
    store,
    cacheFolder: join(workspace, 'cache'),
    readOnly: false,
    families: fakeFamilies,
    presets: fakeCatalogue.presets,
    costs: fakeCosts,
    data: createFakeData(),
    executors: new Map([['local', createScriptedExecutor()]]),
    launchShortJob: () => {
      throw new Error('No short job is part of this story.')
    },
    log,
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready: true, message: null }),
  })
  listen(engine, told)
  return {
    engine,
    async settle() {
      const until = performance.now() + 10_000
      while (engine.active) {
        if (performance.now() > until) throw new Error('The engine did not come to rest.')
        await pause(2)
      }
    },
    async close() {
      await engine.close()
      log.close()
    },
  }
}

function listen(engine: Engine, told: Told): void {
  const hear = (...texts: readonly string[]): void =>
    void told.foreign.push(...texts.filter((text) => foreignIn(text) !== null))
  engine.subscribe('run.changed', {}, ({ run }) => {
    told.states.set(run.id, run.state)
    told.foreign.push(...foreignCauses(run.error ?? []))
    for (const { place, state, warnings } of run.stages) {
      if (state === 'done' && place !== undefined) told.doneStages.add(place)
      hear(...warnings)
    }
  })
  engine.subscribe('engine.notice', {}, ({ title, causes }) => {
    told.foreign.push(...foreignCauses(causes))
    hear(title)
  })
  engine.subscribe('run.log', {}, ({ line }) => hear(line.message))
}

/** The answer, or null where the work was refused, in whatever words. */
export async function attempt<Result>(told: Told, work: () => Promise<Result> | Result): Promise<Result | null> {
  try {
    return await work()
  } catch (error) {
    told.refused.push(sentenceOf(error))
    told.foreign.push(...foreignCauses(toCauses(error)))
    return null
  }
}

/** A run from its start to its end, and what people do with it. */
export async function playStory({ engine, settle }: OpenEngine, told: Told): Promise<void> {
  const run = await attempt(told, () => engine.call('runs.start', { config: config as never }))
  await settle()
  if (!run) return
  const name = 'Renamed'
  if (await attempt(told, () => engine.call('runs.rename', { runId: run.id, name }))) told.names.set(run.id, name)
  const of = { runId: run.id, stageId: 'student-1' }
  await attempt(told, () => engine.call('runs.metrics', of))
  await attempt(told, () => engine.call('runs.images', { ...of, step: 4 }))
  await attempt(told, () => engine.call('runs.artifacts', { ...of, analysis: 'classes' }))
  await attempt(told, () => engine.call('runs.spareCheckpoints', {}))
  await attempt(told, () => engine.call('engine.diskUse', {}))
}

/** What was recorded of a run, without what differs from one time to the next. */
export async function recorded({ engine }: OpenEngine, runId: string): Promise<object> {
  const { state, stages } = await engine.call('runs.get', { runId })
  const of = async (stageId: string): Promise<object> => {
    const args = { runId, stageId }
    const steps = await engine.call('runs.imageSteps', args)
    return {
      series: (await engine.call('runs.metrics', args)).series,
      images: steps,
      pixels: await Promise.all(
        Object.values(steps)
          .flat()
          .map((step) => engine.call('runs.images', { ...args, step })),
      ),
      classes: await engine.call('runs.artifacts', { ...args, analysis: 'classes' }),
    }
  }
  const found = stages.map(async ({ id, state: stageState, step, evaluation, warnings }) => ({
    id,
    stageState,
    step,
    evaluation,
    warnings,
    ...(await of(id)),
  }))
  return { state, stages: await Promise.all(found) }
}

/**
 * A short run in an engine of this process, and some of what people do beside it: all that control itself does to files
 * and database. Played once with a fault and once more without.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine } from '../../src/main/engine/control/api/engine'
import type { Executor } from '../../src/main/engine/control/executors/executor'
import { createEngineLog } from '../../src/main/engine/control/log'
import { openStore } from '../../src/main/engine/control/store'
import type { StartedEngine } from '../../src/main/host'
import type { EngineApi } from '../../src/shared/contract'
import type { MetricSeries, RunSummary } from '../../src/shared/domain'
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
  /** Targets of exports that were refused: nothing may lie there. */
  readonly notWritten: Set<string>
  /** Sentences that were none of ours. */
  readonly foreign: string[]
  /** What of it was told when, of the machine's monotonic clock in nanoseconds. */
  readonly history: Moment[]
}

interface Moment {
  readonly time: bigint
  readonly tell: (told: Told) => void
}

export const nothingTold = (): Told => ({
  states: new Map(),
  doneStages: new Set(),
  names: new Map(),
  refused: [],
  notWritten: new Set(),
  foreign: [],
  history: [],
})

function note(told: Told, tell: Moment['tell']): void {
  tell(told)
  told.history.push({ time: process.hrtime.bigint(), tell })
}

/** What had been told at a moment. */
export function toldUntil({ history }: Told, end: bigint): Told {
  const told = nothingTold()
  for (const { time, tell } of history) if (time <= end) tell(told)
  return told
}

export interface OpenEngine {
  readonly engine: EngineApi
  readonly workspace: string
  /** Resolves when no run waits or runs. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** @throws whatever the engine cannot start for */
export function openEngine(workspace: string, told: Told, executor: Executor = createScriptedExecutor()): OpenEngine {
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
    executors: new Map([['local', executor]]),
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
    workspace,
    settle: () => settled(() => Promise.resolve(engine.active)),
    async close() {
      await engine.close()
      log.close()
    },
  }
}

const patience = 20_000

/** Waits until nothing is at work. */
async function settled(isActive: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + patience
  while (await isActive()) {
    if (performance.now() > until) throw new Error('The engine did not come to rest.')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** An engine in a process of its own, as its clients see it. */
export function openProcess(
  started: Pick<StartedEngine, 'client' | 'dispose'>,
  workspace: string,
  told: Told,
): OpenEngine {
  const { client } = started
  listen(client, told)
  const isActive = async (): Promise<boolean> => {
    const run = await client.call('runs.list', { atWork: true }).catch(() => null)
    return run === null || run.length > 0
  }
  return { engine: client, workspace, settle: () => settled(isActive), close: () => started.dispose('shutdown') }
}

function listen(engine: EngineApi, told: Told): void {
  const hear = (...texts: readonly string[]): void =>
    void told.foreign.push(...texts.filter((text) => foreignIn(text) !== null))
  engine.subscribe('run.changed', {}, ({ run }) => {
    told.foreign.push(...foreignCauses(run.error ?? []))
    for (const { warnings } of run.stages) hear(...warnings)
    const done = run.stages.flatMap(({ place, state }) => (state === 'done' && place !== undefined ? [place] : []))
    note(told, ({ states, doneStages }) => {
      states.set(run.id, run.state)
      for (const place of done) doneStages.add(place)
    })
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
export async function playStory({ engine, settle, workspace }: OpenEngine, told: Told): Promise<void> {
  const run = await attempt(told, () => engine.call('runs.start', { config: config as never }))
  await settle()
  if (!run) return
  const name = 'Renamed'
  if (await attempt(told, () => engine.call('runs.rename', { runId: run.id, name })))
    note(told, ({ names }) => names.set(run.id, name))
  const of = { runId: run.id, stageId: 'student-1' }
  await attempt(told, () => engine.call('runs.metrics', of))
  await attempt(told, () => engine.call('runs.images', { ...of, step: 4 }))
  await attempt(told, () => engine.call('runs.artifacts', { ...of, analysis: 'classes' }))
  await attempt(told, () => engine.call('runs.spareCheckpoints', {}))
  await attempt(told, () => engine.call('engine.diskUse', {}))
  for (const [format, name] of exportedAs) {
    const target = join(exportsOf(workspace), name)
    const written = await attempt(told, () => engine.call('export.run', { runId: run.id, format, target }))
    if (written === null) told.notWritten.add(target)
  }
}

/** Where runs of a workspace are exported to; where that is not there, exporting is refused. */
export const exportsOf = (workspace: string): string => join(workspace, 'exported')
const exportedAs = [
  ['card', 'card.md'],
  ['abdrun', 'run.abdrun'],
  ['images', 'images'],
] as const

/** Without the curves that say how long something took. */
const untimed = (series: Record<string, MetricSeries>): Record<string, MetricSeries> =>
  Object.fromEntries(Object.entries(series).filter(([name]) => name !== 'elapsed' && name !== 'imagesPerSecond'))

/** What was recorded of a run, without what differs from one time to the next. */
export async function recorded({ engine }: OpenEngine, runId: string): Promise<object> {
  const { state, stages } = await engine.call('runs.get', { runId })
  const of = async (stageId: string): Promise<object> => {
    const args = { runId, stageId }
    const steps = await engine.call('runs.imageSteps', args)
    return {
      series: untimed((await engine.call('runs.metrics', args)).series),
      images: steps,
      pixels: await Promise.all(
        Object.values(steps)
          .flat()
          .map((step) => engine.call('runs.images', { ...args, step })),
      ),
      classes: await engine.call('runs.artifacts', { ...args, analysis: 'classes' }),
    }
  }
  const found = stages.map(async ({ id, state: stageState, step, evaluation, warnings, weights }) => ({
    id,
    stageState,
    step,
    evaluation,
    warnings,
    weights: weights ? createHash('sha256').update(readFileSync(weights)).digest('hex') : null,
    ...(await of(id)),
  }))
  return { state, stages: await Promise.all(found) }
}

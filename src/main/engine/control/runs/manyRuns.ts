/** What is done with many runs at once: all of them, or none. */
import type { CallArgs, CallResult } from '../../../../shared/contract'
import { copiedName, type ExperimentConfig } from '../../../../shared/domain'
import { createYielding, letOthersWork } from '../../images/yielding'
import type { RunMarks, RunStore } from '../store'
import type { RunMaker, RunRequest } from './runMaker'
import { tellAll, type RunTeller } from './runTeller'
import type { RunCalls } from './types'

export interface ManyRunsOptions {
  readonly runs: Pick<RunStore['runs'], 'own' | 'has' | 'config'>
  /** All of them, or none. */
  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void
  readonly teller: Pick<RunTeller, 'tell'>
  readonly queue: {
    putFirst(runIds: readonly string[]): void
    /** Of the runs that wait or train. */
    order(): readonly string[]
  }
  readonly maker: Pick<RunMaker, 'startable' | 'prepare' | 'create'>
}

type ManyRunsCalls = Pick<RunCalls, 'runs.edit' | 'runs.restore' | 'runs.cloneMany' | 'runs.reorder'>

/** So many runs are written down at once; others are answered between two such parts. */
const madeAtOnce = 20

export const manyRunsCalls = (options: ManyRunsOptions): ManyRunsCalls => ({
  'runs.edit': (args) => edit(options, args),
  'runs.restore': (args) => restore(options, args),
  'runs.cloneMany': (args) => cloneMany(options, args),
  'runs.reorder': (args) => reorder(options, args),
})

/** Marks all at once, and tells of them beside other work. */
async function mark(
  { mark: write, teller }: ManyRunsOptions,
  changes: ReadonlyMap<string, Partial<RunMarks>>,
): Promise<void> {
  if (changes.size === 0) return
  write(changes)
  await letOthersWork()
  void tellAll(teller, [...changes.keys()])
}

const isArchived = ({ archivedAt }: Pick<RunMarks, 'archivedAt'>): boolean => typeof archivedAt === 'number'
const alike = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((entry, index) => entry === right[index])

async function edit(
  options: ManyRunsOptions,
  { runIds, addTags = [], removeTags = [], archived }: CallArgs<'runs.edit'>,
): Promise<CallResult<'runs.edit'>> {
  // Reading a question about thousands has taken its time; all that follows is one piece, so that nobody comes between.
  await letOthersWork()
  const now = Date.now()
  const before: CallResult<'runs.edit'>['before'] = []
  const changes = new Map<string, Partial<RunMarks>>()
  for (const runId of new Set(runIds)) {
    const own = options.runs.own(runId)
    const tags = [...new Set([...own.tags.filter((tag) => !removeTags.includes(tag)), ...addTags])]
    const moved = archived !== undefined && archived !== isArchived(own)
    if (!moved && alike(tags, own.tags)) continue
    before.push({ runId, tags: own.tags, archived: isArchived(own) })
    changes.set(runId, { tags, ...(moved ? { archivedAt: archived ? now : null } : {}) })
  }
  await mark(options, changes)
  return { before }
}

/** Runs that are gone by now are left out: what undoes an edit must not fail for one of thousands. */
async function restore(
  options: ManyRunsOptions,
  { before }: CallArgs<'runs.restore'>,
): Promise<CallResult<'runs.restore'>> {
  await letOthersWork()
  const { runs } = options
  const now = Date.now()
  const changes = new Map(
    before
      .filter(({ runId }) => runs.has(runId))
      .map(({ runId, tags, archived }): [string, Partial<RunMarks>] => [
        runId,
        { tags, ...(archived === isArchived(runs.own(runId)) ? {} : { archivedAt: archived ? now : null }) },
      ]),
  )
  await mark(options, changes)
  return { restored: [...changes.keys()] }
}

/** Those that have begun or ended meanwhile are where they are. */
function reorder(
  { runs, teller, queue }: ManyRunsOptions,
  { runIds }: CallArgs<'runs.reorder'>,
): CallResult<'runs.reorder'> {
  const waits = (id: string): boolean => runs.own(id).state === 'queued'
  const waiting = [...new Set(runIds)].filter(waits)
  queue.putFirst(waiting)
  void tellAll(teller, waiting)
  return { order: queue.order().filter(waits) }
}

async function cloneMany(
  options: ManyRunsOptions,
  { runIds, seed }: CallArgs<'runs.cloneMany'>,
): Promise<CallResult<'runs.cloneMany'>> {
  const { runs, maker } = options
  const ids = [...new Set(runIds)]
  const lowest = Math.min(...ids.map((id) => runs.own(id).seed))
  const yielding = createYielding()
  const requests: RunRequest[] = []
  for (const id of ids) {
    if (yielding.due()) await yielding.pause()
    const { executor, name, seed: own } = runs.own(id)
    const config: ExperimentConfig = {
      ...runs.config(id),
      name: copiedName(name),
      ...(seed === undefined ? {} : { seed: seed + own - lowest }),
    }
    requests.push({
      config: await maker.startable(config, { executor, subject: `A copy of “${name}”` }),
      executor,
    })
  }
  return { made: await makeAll(maker, requests) }
}

/** Makes many runs, some at a time, so that others are answered meanwhile. */
export async function makeAll(
  maker: Pick<RunMaker, 'prepare' | 'create'>,
  requests: readonly RunRequest[],
): Promise<ReturnType<RunMaker['create']>> {
  if (requests.length === 0) return []
  await maker.prepare(requests.map(({ config }) => config))
  const yielding = createYielding()
  const made: ReturnType<RunMaker['create']> = []
  for (let first = 0; first < requests.length; first += madeAtOnce) {
    if (yielding.due()) await yielding.pause()
    made.push(...maker.create(requests.slice(first, first + madeAtOnce)))
  }
  return made
}

/** The calls that look at the runs of another workspace and bring one of them here. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Caller } from '../../../../../shared/contract'
import type { RunState, RunSummary } from '../../../../../shared/domain'
import { RefusedInputError, sentenceOf, UserError } from '../../../../../shared/errors'
import { makeFolder } from '../../../weights/atomicFile'
import type { ConditionOf } from '../../experiments/conditions'
import { placeInRun, type GivenLater, type RunStore, type RunToKeep } from '../../store'
import { privateFolder } from '../../store/folders'
import { conditionsFor } from '../giveConditions'
import type { RunRecorder } from '../recorder'
import { reread } from '../rereadJournals'
import type { RunCalls } from '../types'
import { copyFolder } from './copyFolder'
import { openOtherWorkspace, type OtherRun, type OtherWorkspace } from './otherWorkspace'

export interface GatheringOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  /** Numbers are a workspace's own: what comes from another gets those of this one. */
  readonly conditionOf: ConditionOf
  /**
   * What a run was made of stays readable to pages, so a page brings none that names what it may not read.
   * @throws RefusedInputError that says which path
   */
  assertConfig(caller: Caller, config: unknown): Promise<void>
}

/** The next engine reads them where this one ends before it has. */
const journals: GivenLater = 'what journals say'
/** Nothing of them changes any more. */
const ended: readonly RunState[] = ['done', 'failed', 'stopped']

export function gatheringCalls(options: GatheringOptions): Pick<RunCalls, 'runs.elsewhere' | 'runs.gather'> {
  const { store } = options
  let last: Promise<unknown> = Promise.resolve()
  return {
    async 'runs.elsewhere'({ folder }, _signal, caller = 'owner') {
      const other = await openOtherWorkspace(folder, store.folder)
      const runs = []
      for (const name of other.names) runs.push(await outline(other, name, { ...options, caller }))
      return { runs: runs.sort((a, b) => a.createdAt - b.createdAt) }
    },
    // One after another: two runs may name one stage.
    'runs.gather'({ folder, runId }, _signal, caller = 'owner') {
      const gathered = last.then(() => gather(folder, runId, { ...options, caller }))
      last = gathered.catch(() => undefined)
      return gathered
    },
  }
}

interface Asked extends GatheringOptions {
  readonly caller: Caller
}

async function outline(other: OtherWorkspace, name: string, { store, assertConfig, caller }: Asked) {
  const isHere = store.runs.has(name)
  try {
    const { run } = await other.read(name)
    const { createdAt, bytesOnDisk } = run
    const mayRead = (): Promise<null | string> => assertConfig(caller, run.config).then(() => null, sentenceOf)
    const refused = isHere ? null : (whyNot(run) ?? (await mayRead()))
    return { runId: run.id, name: run.name, createdAt, bytes: Math.max(0, Math.round(bytesOnDisk)), isHere, refused }
  } catch (error) {
    return { runId: name, name, createdAt: 0, bytes: 0, isHere, refused: sentenceOf(error) }
  }
}

function whyNot({ state, deletedAt }: RunToKeep): string | null {
  if (deletedAt !== null) return 'It lies in the bin there.'
  return ended.includes(state) ? null : `It is ${state} there: end it first.`
}

const placeOf = (run: RunToKeep, stage: RunToKeep['stages'][number]): string =>
  stage.place ?? placeInRun(run.id, stage.id)

async function gather(folder: string, runId: string, options: Asked): Promise<RunSummary> {
  const { store, recorder, caller } = options
  if (store.runs.has(runId))
    throw new RefusedInputError('This run is here already.', { wanted: 'a run that is not', got: runId })
  const other = await openOtherWorkspace(folder, store.folder)
  if (!other.names.includes(runId))
    throw new RefusedInputError('There is no such run.', { wanted: 'the id of a run', got: runId, where: folder })
  const found = await other.read(runId)
  const refused = whyNot(found.run)
  if (refused !== null) throw new UserError('This run cannot be brought here yet.', { got: refused, where: runId })
  await options.assertConfig(caller, found.run.config)
  const fresh = newPlaces(found.run, store)
  await copyStages(other.folder, found.run, { fresh, store })
  // Of a database that was begun anew it is owed anyway: not for this to take away.
  const owed = store.lacks(journals)
  store.transaction(
    () => {
      store.owes(journals)
      insert(found, fresh, options)
    },
    { durable: true },
  )
  for (const place of fresh) await reread(store.stages.get(place), store, recorder)
  if (!owed) store.has(journals)
  recorder.tell(runId)
  await recorder.mirror(runId)
  return store.runs.summary(runId)
}

const atWork: readonly RunState[] = ['running', 'queued']

/** Stages that are not here. @throws UserError where a run that is at work here wants one of them */
function newPlaces(run: RunToKeep, store: RunStore): string[] {
  for (const stage of run.stages) {
    const place = placeOf(run, stage)
    if (!store.stages.has(place)) continue
    const { state } = store.stages.get(place)
    const wanted = store.runs.naming(place).find((id) => atWork.includes(store.runs.own(id).state))
    // One that waits for a run that was stopped waits for nobody.
    if (wanted !== undefined && (state === 'running' || state === 'waiting'))
      throw new UserError(`“${stage.title}” of this run waits or trains here.`, {
        wanted: 'a stage that has ended, or is not here',
        got: state,
        where: place,
        action: `Wait for ${store.runs.own(wanted).name}, or stop it.`,
      })
  }
  return [...new Set(run.stages.map((stage) => placeOf(run, stage)))].filter((place) => !store.stages.has(place))
}

/** Folders without a record are what an earlier attempt left: nothing names them. */
async function copyStages(
  from: string,
  run: RunToKeep,
  { fresh, store }: { fresh: readonly string[]; store: RunStore },
): Promise<void> {
  const own = `runs/${run.id}`
  // The folder of the run holds stages of earlier versions.
  const folders = [own, ...fresh.filter((place) => !place.startsWith(`${own}/`))]
  for (const place of folders) {
    const target = join(store.folder, place)
    await makeFolder(join(target, '..'), privateFolder)
    if (!existsSync(join(from, place)) || existsSync(target)) continue
    await copyFolder(join(from, place), target)
  }
}

function insert({ run, artifacts }: OtherRun, fresh: readonly string[], options: GatheringOptions): void {
  const { store, conditionOf } = options
  for (const { stageId, ...artifact } of artifacts) {
    const stage = run.stages.find(({ id }) => id === stageId)
    const place = stage ? placeOf(run, stage) : placeInRun(run.id, stageId)
    if (fresh.includes(place)) store.artifacts.put(place, artifact)
  }
  store.asked.restore(run.id)
  // Last of what may fail, since the memory keeps it. Its study is not here: as a cell it would belong to nothing.
  store.runs.insert({ ...run, study: null })
  for (const place of fresh) {
    const { trainedFor } = store.stages.get(place)
    // Where that run stays behind, nobody else here can answer for the stage.
    if (trainedFor !== null && !store.runs.has(trainedFor)) store.stages.update(place, { trainedFor: run.id })
  }
  conditionsFor(run.id, store, { conditionOf, write: true })
}

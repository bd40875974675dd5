/** One trial of control: the story with a fault at a call, then a start without it; what is wrong after that. */
import { isDeepStrictEqual } from 'node:util'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, nothingTold, openEngine, playStory, recorded, type OpenEngine, type Told } from './controlStory'
import { arm, type Fault, type Hit } from './layer'
import { foreignCauses } from './words'

export interface TrialPlan {
  readonly fault: Fault | null
  readonly at: number
  readonly lasting?: boolean
}

export interface Trial {
  /** The first call that was failed; null where the story made fewer calls. */
  readonly hit: Hit | null
  /** Calls that the fault could have met. */
  readonly count: number
  readonly problems: readonly string[]
  /** What was recorded in the end. */
  readonly recorded: object
}

/** @param reference what a story without a fault records */
export async function tryControl(plan: TrialPlan, reference: object | null): Promise<Trial> {
  const root = mkdtempSync(join(tmpdir(), 'abd-trial-'))
  const workspace = join(root, 'workspace')
  mkdirSync(workspace)
  const told = nothingTold()
  const problems: string[] = []
  const layer = arm({ below: [workspace], process: null, report: root, ...plan })
  try {
    await playWithFault(workspace, told)
  } catch (error) {
    problems.push(`while it failed: ${String(error)}`)
  } finally {
    layer.disarm()
  }
  try {
    const after = await startAgain(workspace, told)
    problems.push(...after.problems)
    if (reference && !isDeepStrictEqual(after.recorded, reference))
      problems.push(`recorded otherwise: ${firstDifference(after.recorded, reference)}`)
    return { hit: layer.hits[0] ?? null, count: layer.count, problems, recorded: after.recorded }
  } catch (error) {
    problems.push(`after it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return { hit: layer.hits[0] ?? null, count: layer.count, problems, recorded: {} }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

async function playWithFault(workspace: string, told: Told): Promise<void> {
  const open = await attempt(told, () => openEngine(workspace, told))
  if (!open) return
  await playStory(open, told)
  await attempt(told, () => open.close())
}

async function startAgain(workspace: string, told: Told): Promise<{ problems: string[]; recorded: object }> {
  const problems = told.foreign.map((text) => `told: ${text}`)
  const later = nothingTold()
  const open = openEngine(workspace, later)
  try {
    const runs = await open.engine.call('runs.list', {})
    for (const [runId, state] of told.states) {
      const found = runs.find(({ id }) => id === runId)
      if (!found) problems.push(`a run is gone of which was told that it is ${state}`)
      else if (state === 'done' && found.state !== 'done') problems.push(`told done, and is ${found.state}`)
      for (const stage of found?.stages ?? [])
        if (stage.place !== undefined && told.doneStages.has(stage.place) && stage.state !== 'done')
          problems.push(`of ${stage.id} was told that it is done, and it is ${stage.state}`)
    }
    for (const [runId, name] of told.names)
      if (runs.find(({ id }) => id === runId)?.name !== name) problems.push('a name that was given is gone')
    const runId = await finish(open, later, runs[0]?.id)
    const found = await recorded(open, runId)
    await open.close()
    const copy = join(workspace, 'runs', runId, 'run.json')
    const mirrored = existsSync(copy) ? (JSON.parse(readFileSync(copy, 'utf8')) as { state: string }).state : 'missing'
    if (mirrored !== 'done') problems.push(`run.json says ${mirrored} of a run that is done`)
    return { problems: [...problems, ...later.foreign.map((text) => `told later: ${text}`)], recorded: found }
  } catch (error) {
    await open.close().catch(() => undefined)
    throw error
  }
}

/** The run that there is, brought to its end, or a new one where none was made. */
async function finish(open: OpenEngine, told: Told, known: string | undefined): Promise<string> {
  if (known === undefined) {
    await playStory(open, told)
    const [run] = await open.engine.call('runs.list', {})
    if (!run) throw new Error(`No run could be made afterwards: ${told.refused.join(' ')}`)
    return run.id
  }
  await open.settle()
  const { state } = await open.engine.call('runs.get', { runId: known })
  if (state !== 'done') {
    await open.engine.call('runs.resume', { runId: known })
    await open.settle()
  }
  const run = await open.engine.call('runs.get', { runId: known })
  if (run.state !== 'done')
    throw new Error(
      `Resumed, the run is ${run.state}: ${foreignCauses(run.error ?? []).join() || run.error?.[0]?.message}`,
    )
  return known
}

/** Where two records differ first, as a path and the two values. */
function firstDifference(left: unknown, right: unknown, path = ''): string {
  if (isDeepStrictEqual(left, right)) return ''
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  if (!isTree(left) || !isTree(right) || ArrayBuffer.isView(left))
    return `${path}: ${inspectShort(left)} for ${inspectShort(right)}`
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  for (const name of names) {
    const found = firstDifference(left[name], right[name], `${path}/${name}`)
    if (found !== '') return found
  }
  return path
}

const inspectShort = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 120)

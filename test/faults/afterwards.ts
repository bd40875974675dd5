/** What is wrong after a fault, a kill or a power cut: the workspace is opened without one, and work goes on. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { exportsOf, nothingTold, playStory, recorded, type OpenEngine, type Told } from './controlStory'

export interface Afterwards {
  readonly problems: readonly string[]
  /** What is recorded once the run has come to its end. */
  readonly recorded: object
}

/** The engine is closed in any case. @param told until the fault */
export async function goOn(
  open: (told: Told) => OpenEngine | Promise<OpenEngine>,
  workspace: string,
  told: Told,
): Promise<Afterwards> {
  const later = nothingTold()
  const engine = await open(later)
  try {
    const problems = [
      ...told.foreign.map((text) => `told: ${text}`),
      ...(await brokenPromises(engine, told)),
      ...leftBehind(told, workspace),
    ]
    const runId = await finish(engine, later)
    const found = await recorded(engine, runId)
    await engine.close()
    const copy = join(workspace, 'runs', runId, 'run.json')
    const mirrored = existsSync(copy) ? (JSON.parse(readFileSync(copy, 'utf8')) as { state: string }).state : 'missing'
    if (mirrored !== 'done') problems.push(`run.json says ${mirrored} of a run that is done`)
    return { problems: [...problems, ...later.foreign.map((text) => `told later: ${text}`)], recorded: found }
  } catch (error) {
    await engine.close().catch(() => undefined)
    throw error
  }
}

/** What refused exports have left. */
function leftBehind({ notWritten }: Told, workspace: string): string[] {
  const folder = exportsOf(workspace)
  const targets = [...notWritten].filter((target) => existsSync(target))
  const temporary = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tmp')) : []
  return [...targets, ...temporary].map((path) => `an export that was refused has left ${path}`)
}

/** What was told and is not so. */
export async function brokenPromises({ engine }: OpenEngine, told: Told): Promise<string[]> {
  const problems: string[] = []
  const runs = await engine.call('runs.list', {})
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
  return problems
}

/** The run that there is, brought to its end, or a new one where none was made. @returns its id */
async function finish(open: OpenEngine, told: Told): Promise<string> {
  const { engine } = open
  await open.settle()
  const [known] = await engine.call('runs.list', {})
  if (known && known.state !== 'done') {
    await engine.call('runs.resume', { runId: known.id })
    await open.settle()
  }
  if (!known) await playStory(open, told)
  const [run] = await engine.call('runs.list', {})
  if (!run) throw new Error(`No run could be made afterwards: ${told.refused.join(' ')}`)
  if (run.state !== 'done') throw new Error(`Gone on with, the run is ${run.state}: ${run.error?.[0]?.message ?? ''}`)
  return run.id
}

/** Where two records differ first, as a path and the two values. */
export function firstDifference(left: unknown, right: unknown, path = ''): string {
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

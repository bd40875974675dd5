/** One trial of control: the story with a fault at a call, then a start without it; what is wrong after that. */
import { isDeepStrictEqual } from 'node:util'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstDifference, goOn } from './afterwards'
import { attempt, exportsOf, nothingTold, openEngine, playStory, type Told } from './controlStory'
import { arm, type Fault, type Hit } from './layer'

export interface TrialPlan {
  readonly fault: Fault | null
  readonly at: number
  readonly lasting?: boolean
  readonly matching?: string
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
  for (const folder of [workspace, exportsOf(workspace)]) mkdirSync(folder)
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
    const after = await goOn((later) => openEngine(workspace, later), workspace, told)
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

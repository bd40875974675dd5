/** One kill of control or of a trainer in a story of whole processes, in the middle of a call. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { firstDifference, goOn } from './afterwards'
import { attempt, exportsOf, nothingTold, playStory } from './controlStory'
import { faultEnvironment, readCount, readHits, type FaultPlan } from './environment'
import type { Trial } from './controlTrial'
import { startProcess } from './recording'

export interface KillPlan {
  readonly process: 'control' | 'smallTrainer'
  readonly at: number
}

/** @param reference what is recorded without a kill; null: that is what is asked for */
export async function tryKill({ process: killed, at }: KillPlan, reference: object | null): Promise<Trial> {
  const root = mkdtempSync(join(tmpdir(), 'abd-kill-'))
  const workspace = join(root, 'workspace')
  const report = join(root, 'report')
  for (const folder of [workspace, exportsOf(workspace)]) mkdirSync(folder)
  const told = nothingTold()
  const plan: FaultPlan = { below: [workspace], process: killed, fault: 'kill', at, report }
  const of = (problems: string[], recorded: object): Trial => ({
    hit: readHits(report)[0] ?? null,
    count: readCount(report, killed),
    problems,
    recorded,
  })
  try {
    const env = await faultEnvironment(plan)
    const started = await attempt(told, () => startProcess(workspace, env, told))
    if (started) {
      await playStory(started.open, told)
      await started.open.close()
    }
    const after = await goOn((later) => startProcess(workspace, {}, later).then(({ open }) => open), workspace, told)
    const same = reference === null || isDeepStrictEqual(after.recorded, reference)
    const other = same ? [] : [`recorded otherwise: ${firstDifference(after.recorded, reference)}`]
    return of([...after.problems, ...other], after.recorded)
  } catch (error) {
    return of([error instanceof Error ? (error.stack ?? error.message) : String(error)], {})
  } finally {
    rmSync(root, { recursive: true, force: true })
    rmSync(`${workspace}-cache`, { recursive: true, force: true })
  }
}

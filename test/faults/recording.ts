/** A story of whole processes, recorded: what they did to the disk, and what people were told when. */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createEngineStarter } from '../../src/main/host'
import { nothingTold, openProcess, playStory, type Told } from './controlStory'
import { faultEnvironment, recordEnd, type FaultPlan, type RecordedLine } from './environment'
import { scriptOf } from './scripts'

export interface Recording {
  readonly workspace: string
  /** In the order in which they were done, by whichever process. */
  readonly lines: readonly RecordedLine[]
  readonly told: Told
}

/** Starts control with small trainers in an environment. */
export async function startProcess(workspace: string, env: NodeJS.ProcessEnv, told: Told) {
  const trainer = await scriptOf('smallTrainer')
  const started = await createEngineStarter({
    workspace,
    script: await scriptOf('control'),
    node: {
      execPath: process.execPath,
      env: { ...process.env, ABD_FAKE_TRAINER: trainer, XDG_CACHE_HOME: `${workspace}-cache`, ...env },
    },
  }).start()
  return { open: openProcess(started, workspace, told), started }
}

/** Plays the story in a folder that need not be there; what it left is removed, for what a cut leaves in its place. */
export async function recordStory(root: string): Promise<Recording> {
  const workspace = join(root, 'workspace')
  const report = join(root, 'report')
  mkdirSync(workspace, { recursive: true })
  const told = nothingTold()
  const plan: FaultPlan = { below: [workspace], process: null, fault: null, at: 0, record: true, report }
  const { open } = await startProcess(workspace, await faultEnvironment(plan), told)
  await playStory(open, told)
  await open.close()
  rmSync(workspace, { recursive: true })
  return { workspace, told, lines: linesOf(report) }
}

function linesOf(report: string): RecordedLine[] {
  const files = readdirSync(report).filter((name) => name.endsWith(recordEnd))
  const lines = files.flatMap((name) => {
    const text = readFileSync(join(report, name), 'utf8')
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RecordedLine]))
  })
  return lines.sort((left, right) => (BigInt(left.time) < BigInt(right.time) ? -1 : 1))
}

/** Processes with the fault layer in them: how to start them, and what they tell. */
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { scriptOf } from './scripts'
import { planVariable, type FaultPlan, type Hit } from './layer'

/** Variables with which a process, and those that it starts, heed a plan. The report's folder is made. */
export async function faultEnvironment(plan: FaultPlan): Promise<NodeJS.ProcessEnv> {
  const preload = await scriptOf('preload')
  mkdirSync(plan.report, { recursive: true })
  const options = [process.env.NODE_OPTIONS, `--import=${pathToFileURL(preload).href}`]
  return { NODE_OPTIONS: options.filter(Boolean).join(' '), [planVariable]: JSON.stringify(plan) }
}

/** The calls that were failed, in the order in which that happened. */
export function readHits(report: string): Hit[] {
  const file = join(report, 'hits.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Hit)
}

/** The most calls that one process of this name met. */
export function readCount(report: string, process: string): number {
  const counts = readdirSync(report)
    .filter((name) => name.startsWith(process) && name.endsWith('.count'))
    .map((name) => Number(readFileSync(join(report, name), 'utf8')))
  return Math.max(0, ...counts)
}

export * from './layer'
export { recordEnd, type RecordedLine } from './layer/record/steps'

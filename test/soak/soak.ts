/** The frame of a soak: an engine over a workspace that is removed afterwards, and what has grown; 1 where something has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngineStarter, type StartedEngine } from '../../src/main/host'
import { isFlat, trendsOf, trendTable, type Sample } from './samples'

export interface Soak {
  /** Of control. */
  readonly script: string
  environment?(workspace: string): Readonly<Record<string, string>>
  /** What a value may grow by and still be flat, beside its twentieth. */
  readonly slack: Readonly<Record<string, number>>
  work(engine: StartedEngine, workspace: string): Promise<{ readonly done: string; readonly samples: Sample[] }>
}

export function runSoak(soak: Soak): void {
  soakOnce(soak).then(
    () => process.exit(),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exit(1)
    },
  )
}

async function soakOnce({ script, environment, slack, work }: Soak): Promise<void> {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-soak-'))
  const env = { ...process.env, ...environment?.(workspace) }
  const engine = await createEngineStarter({ workspace, script, node: { execPath: process.execPath, env } }).start()
  let crashes = 0
  engine.onExit((kind) => void (crashes += kind === 'asked' ? 0 : 1))
  try {
    const { done, samples } = await work(engine, workspace)
    const trends = trendsOf(samples)
    process.stdout.write(`${done}, control crashed ${String(crashes)} times\n\n${trendTable(trends)}\n`)
    const grown = trends.filter((trend) => !isFlat(trend, slack[trend.name] ?? 0))
    for (const { name } of grown) process.stdout.write(`grows: ${name}\n`)
    process.exitCode = grown.length > 0 || crashes > 0 ? 1 : 0
  } finally {
    await engine.dispose('shutdown')
    rmSync(workspace, { recursive: true, force: true })
  }
}

/** A control without a supervisor: it dies when it is killed, and is started when that is wanted. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { spawnControl } from '../../../src/main/host/controlChild'
import { attemptLives } from '../../../src/main/engine/protocol/processes'
import { taskFiles, type AttemptFile } from '../../../src/main/engine/protocol/taskFolder'
import { readLock } from '../../../src/main/transports/lockFile'
import { connectWebSocket, type EngineEndpoint } from '../../../src/main/transports/webSocketChannel'
import { createEngineClient, type EngineClient } from '../../../src/shared/rpc'

export interface KillableEngine {
  readonly client: EngineClient
  readonly endpoint: EngineEndpoint
  /** In the middle of whatever it does; resolves when it is gone. */
  kill(): Promise<void>
  close(): Promise<void>
}

export interface EngineCommand {
  readonly script: string
  readonly env: NodeJS.ProcessEnv
}

/** @param earlier where the one listened whose place this one takes; null: a start like any other */
export async function startEngine(
  workspace: string,
  { script, env }: EngineCommand,
  earlier: EngineEndpoint | null,
): Promise<KillableEngine> {
  const child = spawnControl({ workspace, script, node: { execPath: process.execPath, env } }, earlier)
  const start = await child.started
  if (start.kind !== 'ready' || start.readOnly) throw new Error('The workspace belongs to somebody else.')
  const { endpoint } = start
  const client = createEngineClient(() => connectWebSocket(endpoint))
  return {
    client,
    endpoint,
    async kill() {
      const lock = readLock(workspace)
      if (!lock) throw new Error('There is no engine to kill.')
      process.kill(lock.pid, 'SIGKILL')
      client.close()
      await child.ended
    },
    async close() {
      client.close()
      child.send({ type: 'shutdown' })
      await child.ended
    },
  }
}

/** The trainers of a workspace that live. */
export function livingTrainers(workspace: string): AttemptFile[] {
  const folder = join(workspace, 'stages')
  const places = existsSync(folder) ? readdirSync(folder) : []
  return places.flatMap((name) => attemptIn(join(folder, name))).filter(attemptLives)
}

/** Kills them; how many there were. */
export function killTrainers(workspace: string): number {
  const living = livingTrainers(workspace)
  for (const { pid } of living) process.kill(pid, 'SIGKILL')
  return living.length
}

function attemptIn(folder: string): AttemptFile[] {
  try {
    return [JSON.parse(readFileSync(join(folder, taskFiles.attempt), 'utf8')) as AttemptFile]
  } catch {
    return []
  }
}

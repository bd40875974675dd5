/** A control without a supervisor: it dies when it is killed, and is started when that is wanted. */
import { readFileSync, readdirSync } from 'node:fs'
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

/** Kills the trainers of a workspace that live; how many there were. */
export function killTrainers(workspace: string): number {
  const folder = join(workspace, 'stages')
  let killed = 0
  for (const attempt of readdirSync(folder).flatMap((name) => attemptIn(join(folder, name)))) {
    if (!attemptLives(attempt)) continue
    process.kill(attempt.pid, 'SIGKILL')
    killed += 1
  }
  return killed
}

function attemptIn(folder: string): AttemptFile[] {
  try {
    return [JSON.parse(readFileSync(join(folder, taskFiles.attempt), 'utf8')) as AttemptFile]
  } catch {
    return []
  }
}

/**
 * The lock of a workspace: who owns it and where that engine listens. Only its owner's user can read it: it holds the
 * token.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../shared/errors'
import { connectWebSocket, type EngineEndpoint } from './webSocketChannel'

const lockSchema = z.object({
  product: z.literal('ABD Workbench'),
  pid: z.number().int().positive(),
  machine: z.string(),
  host: z.string(),
  port: z.number().int().min(0).max(65_535),
  token: z.string().min(16),
  startedAt: z.number(),
  version: z.string(),
})
export type WorkspaceLock = z.infer<typeof lockSchema>

export const lockPath = (workspace: string): string => join(workspace, 'engine.lock')

/** The lock's content; null when there is none or it is no lock of ours. */
export const readLock = (workspace: string): WorkspaceLock | null => parseLock(lockPath(workspace))

function parseLock(file: string): WorkspaceLock | null {
  try {
    return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

export type Owner =
  /** Nobody; `stale` is the lock that a dead engine left, if any. */
  | { state: 'none'; stale: WorkspaceLock | null }
  | { state: 'reachable'; endpoint: EngineEndpoint; lock: WorkspaceLock }
  /** It lives (or may live, on another machine) but does not answer. */
  | { state: 'unreachable'; lock: WorkspaceLock }

/** Who owns a workspace now: a lock counts while its process lives, and is best proven by a connection. */
export async function findOwner(workspace: string, timeout = 3000): Promise<Owner> {
  const lock = readLock(workspace)
  if (!lock) return { state: 'none', stale: null }
  const here = lock.machine === hostname()
  if (here && !processLives(lock.pid)) return { state: 'none', stale: lock }
  const endpoint = { host: lock.host, port: lock.port, token: lock.token }
  try {
    const channel = await connectWebSocket(endpoint, timeout)
    channel.close()
    return { state: 'reachable', endpoint, lock }
  } catch (error) {
    // Its process id was given to another program: nobody listens there any more.
    const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    return here && refused && lock.port !== 0 ? { state: 'none', stale: lock } : { state: 'unreachable', lock }
  }
}

export interface HeldLock {
  release(): void
}

/**
 * Takes the lock of a workspace, atomically; null when another process was faster.
 * A stale lock is first moved aside, so that of two engines that find it only one goes on.
 */
export function takeLock(
  workspace: string,
  lock: Omit<WorkspaceLock, 'product' | 'pid' | 'machine'>,
  stale: WorkspaceLock | null,
): HeldLock | null {
  const file = lockPath(workspace)
  const own = `${file}.${randomBytes(6).toString('hex')}`
  moveAside(file, `${own}.stale`, stale)
  const content: WorkspaceLock = { product: 'ABD Workbench', pid: process.pid, machine: hostname(), ...lock }
  try {
    writeFileSync(own, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new UserError('The workspace cannot be locked.', {
      wanted: 'a folder that can be written to',
      got: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      where: workspace,
      action: 'Free some space, allow writing there, or choose another folder with --workspace or ABD_WORKSPACE.',
      cause: error,
    })
  }
  try {
    // A hard link fails when the name exists, and shows the whole content or nothing.
    linkSync(own, file)
  } catch {
    return null
  } finally {
    unlinkSync(own)
  }
  return {
    release() {
      if (readLock(workspace)?.token === lock.token) unlinkSync(file)
    },
  }
}

/**
 * Moves the stale lock (or a file that is no lock) away, and puts back what turns out to be another engine's fresh one.
 */
function moveAside(file: string, target: string, stale: WorkspaceLock | null): void {
  try {
    renameSync(file, target)
  } catch {
    // There was none, or somebody else was faster; the link decides.
    return
  }
  const moved = parseLock(target)
  if (moved && moved.token !== stale?.token) {
    try {
      linkSync(target, file)
    } catch {
      // A third engine holds the name by now.
    }
  }
  unlinkSync(target)
}

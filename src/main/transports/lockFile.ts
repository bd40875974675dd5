/**
 * The lock of a workspace: who owns it and where that engine listens. Only its owner's user can read it: it holds the
 * token.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
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
  /** Its owner writes a file beside it again and again; those of version 0.1.0 did not. */
  beats: z.boolean().optional(),
})
export type WorkspaceLock = z.infer<typeof lockSchema>

/** Milliseconds between two signs of life of the owner. */
const beatInterval = 30_000
/** An owner on another machine that cannot be reached counts as dead after so long without one. */
const silentAfter = 10 * 60_000

export const lockPath = (workspace: string): string => join(workspace, 'engine.lock')
/** Written, not touched: then its time is the file system's, not this machine's. */
const beatPath = (lock: string): string => `${lock}.beat`

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
    const gone = here ? refused && lock.port !== 0 : isSilent(workspace, lock)
    return gone ? { state: 'none', stale: lock } : { state: 'unreachable', lock }
  }
}

/** Whether the owner gives no sign of life. Both times are the file system's: clocks of machines differ. */
function isSilent(workspace: string, { beats }: WorkspaceLock): boolean {
  if (beats !== true) return false
  const probe = `${lockPath(workspace)}.${randomBytes(6).toString('hex')}.now`
  try {
    writeFileSync(probe, '', { mode: 0o600, flag: 'wx' })
    const sign = statSync(beatPath(lockPath(workspace)), { throwIfNoEntry: false }) ?? statSync(lockPath(workspace))
    return statSync(probe).mtimeMs - sign.mtimeMs > silentAfter
  } catch {
    return false
  } finally {
    try {
      unlinkSync(probe)
    } catch {
      // It was never made.
    }
  }
}

export interface HeldLock {
  release(): void
}

export interface TakeOptions {
  /** What a dead engine left, if anything. */
  readonly stale: WorkspaceLock | null
  /** Another engine holds the lock by now: this one was taken for dead, and must write nothing more. */
  onLost?(): void
  /** Milliseconds; tests make it short. */
  readonly interval?: number
}

/**
 * Takes the lock of a workspace, atomically; null when another process was faster.
 * A stale lock is first moved aside, so that of two engines that find it only one goes on.
 */
export function takeLock(
  workspace: string,
  lock: Omit<WorkspaceLock, 'product' | 'pid' | 'machine' | 'beats'>,
  { stale, onLost = () => undefined, interval = beatInterval }: TakeOptions,
): HeldLock | null {
  const file = lockPath(workspace)
  const own = `${file}.${randomBytes(6).toString('hex')}`
  moveAside(file, `${own}.stale`, stale)
  const content: WorkspaceLock = {
    product: 'ABD Workbench',
    pid: process.pid,
    machine: hostname(),
    beats: true,
    ...lock,
  }
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
  beat(file, lock.token)
  const timer = setInterval(() => {
    if (beat(file, lock.token)) return
    clearInterval(timer)
    onLost()
  }, interval)
  timer.unref()
  return {
    release() {
      clearInterval(timer)
      if (readLock(workspace)?.token !== lock.token) return
      rmSync(beatPath(file), { force: true })
      unlinkSync(file)
    },
  }
}

/** Gives a sign of life; false where another engine holds the lock. */
function beat(file: string, token: string): boolean {
  const held = parseLock(file)
  if (held && held.token !== token) return false
  try {
    if (held) writeFileSync(beatPath(file), String(Date.now()), { mode: 0o600 })
  } catch {
    // A full or absent disk: the next one may succeed.
  }
  return true
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

/**
 * The lock of a workspace: who owns it and where that engine listens. Only its owner's user can read it: it holds the
 * token.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../shared/errors'
import { ownProcess, stateOf } from '../machine/instance.mjs'
import { temporaryBeside } from '../machine/temporaries.mjs'
import { connectWebSocket, type EngineEndpoint } from './webSocketChannel'

const lockSchema = z.object({
  product: z.literal('ABD Workbench'),
  pid: z.number().int().positive(),
  machine: z.string(),
  /** Of its installation, of its start, and of the process; those of version 0.1.0 say nothing of them. */
  machineId: z.string().nullable().optional(),
  boot: z.string().nullable().optional(),
  processStart: z.string().nullable().optional(),
  host: z.string(),
  port: z.number().int().min(0).max(65_535),
  token: z.string().min(16),
  startedAt: z.number(),
  version: z.string(),
  /** Its owner writes a file beside it again and again; those of version 0.1.0 did not. */
  beats: z.boolean().optional(),
  /** Its owner takes no more calls and is about to give the workspace back. */
  ending: z.boolean().optional(),
})
export type WorkspaceLock = z.infer<typeof lockSchema>

/** Milliseconds between two signs of life of the owner. */
export const beatInterval = 30_000

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

export type Owner =
  /** Nobody; `stale` is the lock that a dead engine left, if any. */
  | { state: 'none'; stale: WorkspaceLock | null }
  | { state: 'reachable'; endpoint: EngineEndpoint; lock: WorkspaceLock }
  /** It lives (or may live, on another machine) but does not answer. */
  | {
      state: 'unreachable'
      lock: WorkspaceLock
      /** Whether its process runs on this machine; otherwise nobody here can tell. */
      here: boolean
      /** Milliseconds since its last sign of life by the disk's own clock; null where it gives none. */
      silentFor: number | null
    }

/** Milliseconds: how long an engine that is ending is waited for, which may have to pause a run; between two looks. */
const ending = { patience: 60_000, look: 50 }

/**
 * Who owns a workspace now: a lock counts while its process lives, and is best proven by a connection. An engine that
 * is ending is waited for: what it was asked now would be lost with it.
 */
export async function findOwner(workspace: string, timeout = 3000): Promise<Owner> {
  const until = performance.now() + ending.patience
  for (;;) {
    const owner = await lookForOwner(workspace, timeout)
    const now = readLock(workspace)
    // What did not answer may have ended just then.
    const ends = owner.state !== 'none' && now?.ending === true
    const ended = owner.state === 'unreachable' && now === null
    if (!(ends || ended) || performance.now() > until) return owner
    await new Promise((resolve) => setTimeout(resolve, ending.look))
  }
}

async function lookForOwner(workspace: string, timeout: number): Promise<Owner> {
  const lock = readLock(workspace)
  if (!lock) return { state: 'none', stale: null }
  const silentFor = silenceOf(workspace, lock)
  const state = stateOf(lock, silentFor)
  if (state === 'gone') return { state: 'none', stale: lock }
  const endpoint = { host: lock.host, port: lock.port, token: lock.token }
  try {
    const channel = await connectWebSocket(endpoint, timeout)
    channel.close()
    return { state: 'reachable', endpoint, lock }
  } catch (error) {
    // Where the lock does not say when its process began, that number may be another program's: nobody listens there.
    const refused = codeOf(error) === 'ECONNREFUSED'
    if (state === 'alive' && !lock.processStart && refused && lock.port !== 0) return { state: 'none', stale: lock }
    return { state: 'unreachable', lock, here: state === 'alive', silentFor }
  }
}

/** How long the owner has given no sign of life. Both times are the file system's: clocks of machines differ. */
function silenceOf(workspace: string, { beats }: WorkspaceLock): number | null {
  if (beats !== true) return null
  const file = lockPath(workspace)
  const probe = temporaryBeside(file)
  try {
    writeFileSync(probe, '', { mode: 0o600, flag: 'wx' })
    const sign = statSync(beatPath(file), { throwIfNoEntry: false }) ?? statSync(file)
    return statSync(probe).mtimeMs - sign.mtimeMs
  } catch {
    return null
  } finally {
    rmSync(probe, { force: true })
  }
}

/** The owner's last sign of life: another one than before proves that it lives, whatever any clock says. */
export function lastBeat(workspace: string): string {
  try {
    const { mtimeMs, ino } = statSync(beatPath(lockPath(workspace)))
    return `${ino} ${mtimeMs}`
  } catch {
    return ''
  }
}

export interface HeldLock {
  /** Whose name stands at the workspace now. */
  look(): 'own' | 'other' | 'missing' | 'unreadable'
  /** Tells who comes that this engine takes no more calls; the lock stays until `release`. */
  end(): void
  /** Puts the lock back where somebody has deleted it; false where another engine was faster. */
  renew(): boolean
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

/** Writes a lock and gives it its name; false where the name is taken. */
function putLock(workspace: string, content: WorkspaceLock, beforeNaming: () => void = () => undefined): boolean {
  const file = lockPath(workspace)
  const own = temporaryBeside(file)
  try {
    writeFileSync(own, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    beforeNaming()
    return giveName(own, file)
  } catch (error) {
    throw cannotLock(workspace, error)
  } finally {
    rmSync(own, { force: true })
  }
}

/**
 * Takes the lock of a workspace, atomically; null when another process was faster.
 * A stale lock is first moved aside, so that of two engines that find it only one goes on.
 */
export function takeLock(
  workspace: string,
  lock: Omit<WorkspaceLock, 'product' | 'beats' | keyof ReturnType<typeof ownProcess>>,
  { stale, onLost = () => undefined, interval = beatInterval }: TakeOptions,
): HeldLock | null {
  const file = lockPath(workspace)
  const content: WorkspaceLock = { product: 'ABD Workbench', ...ownProcess(), beats: true, ...lock }
  const put = (): boolean => putLock(workspace, content, () => moveAside(file, temporaryBeside(file), stale))
  if (!put()) return null
  let beats = 0
  const live = (): boolean => beat(file, lock.token, (beats += 1))
  live()
  const timer = setInterval(() => {
    if (live()) return
    clearInterval(timer)
    onLost()
  }, interval)
  timer.unref()
  return {
    look() {
      try {
        return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).token === lock.token ? 'own' : 'other'
      } catch (error) {
        return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '') ? 'missing' : 'unreadable'
      }
    },
    end() {
      if (readLock(workspace)?.token === lock.token) replaceLock(file, { ...content, ending: true })
    },
    renew: () => putLock(workspace, content),
    release() {
      clearInterval(timer)
      if (readLock(workspace)?.token !== lock.token) return
      rmSync(beatPath(file), { force: true })
      rmSync(file, { force: true })
    },
  }
}

function replaceLock(file: string, content: WorkspaceLock): void {
  const own = temporaryBeside(file)
  try {
    writeFileSync(own, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    renameSync(own, file)
  } catch {
    // A full or vanished disk: whoever comes now finds out by itself.
    rmSync(own, { force: true })
  }
}

/** False where the name is taken. */
function giveName(own: string, file: string): boolean {
  try {
    // A hard link fails when the name exists, and shows the whole content or nothing.
    linkSync(own, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
  }
  try {
    // Some disks have no links; there, for a moment, others may find half of it, and wait.
    writeFileSync(file, readFileSync(own), { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null

const cannotLock = (workspace: string, cause: unknown): UserError =>
  new UserError('The workspace cannot be locked.', {
    wanted: 'a folder that can be written to',
    got: codeOf(cause) ?? String(cause),
    where: workspace,
    action: 'Free some space, allow writing there, or choose another folder with --workspace or ABD_WORKSPACE.',
    cause,
  })

/** Gives a sign of life; false where another engine holds the lock. */
function beat(file: string, token: string, count: number): boolean {
  const held = parseLock(file)
  if (held && held.token !== token) return false
  try {
    if (held) writeFileSync(beatPath(file), String(count), { mode: 0o600 })
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

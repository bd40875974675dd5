/**
 * This engine's hold on its workspace: taken, refused with a reason, or lost while it runs because the folder went
 * away.
 */
import { statSync } from 'node:fs'
import type { ReadOnlyReason } from '../../shared/contract'
import { UserError, fromCauses } from '../../shared/errors'
import {
  beatInterval,
  findOwner,
  lastBeat,
  readLock,
  takeLock,
  type HeldLock,
  type Owner,
  type TakeOptions,
} from '../transports/lockFile'
import { useReserve } from './reserve'
import { goneReason, notWritable, ownedBy } from './workspaceAccess'

type NotReachable = Exclude<Owner, { state: 'reachable' }>

export interface HoldOptions {
  readonly workspace: string
  /** What the lock tells of this engine. */
  readonly lock: Parameters<typeof takeLock>[1]
  /** Another engine has the workspace: this one must write nothing more. */
  onLost(): void
  /** Nothing that is written now can be found again. */
  onGone(reason: ReadOnlyReason): void
  /** The folder is as it was. */
  onBack(): void
  /** Milliseconds; tests make them short. */
  readonly times?: { readonly look: number; readonly silentAfter: number; readonly confirm: number }
}

/**
 * `silentAfter`: an owner on another machine that has been silent for so long by the clock of the disk is probably
 * dead; it is, when it stays silent for `confirm` while somebody looks, which no clock can feign.
 */
const usualTimes = { look: 1000, silentAfter: 10 * 60_000, confirm: 1.5 * beatInterval }
/** So many looks in vain before the folder counts as gone. */
const patience = 3

export class WorkspaceHold {
  /** Why nothing is written; null while this engine has the workspace. */
  reason: ReadOnlyReason | null = null
  /** Whether room had to be given back for the engine to start. */
  usedReserve = false
  private lock: HeldLock | null = null
  /** Whom the reason tells of. */
  private owner: Extract<Owner, { state: 'unreachable' }> | null = null
  private folder: string | null = null
  private watching: NodeJS.Timeout | undefined

  constructor(private readonly options: HoldOptions) {}

  /** False where another process was faster. `takeOver`: also from an owner that does not answer. */
  take(owner: NotReachable, { takeOver }: { takeOver: boolean }): boolean {
    const { workspace } = this.options
    if (owner.state === 'unreachable' && !takeOver) {
      this.owner = owner
      this.reason = ownedBy(workspace, owner)
      return true
    }
    const stale = owner.state === 'unreachable' ? owner.lock : owner.stale
    this.usedReserve = false
    const lock = this.tryToLock(stale)
    if (lock === null) return false
    this.owner = null
    if ('kind' in lock) {
      this.reason = lock
      return true
    }
    this.lock = lock
    this.reason = null
    this.folder = identityOf(workspace)
    this.watch()
    return true
  }

  /**
   * Tries again. Resolves with false where the workspace is held already: somebody else has asked at the same time.
   * @throws UserError that says why not
   */
  async tryAgain({ takeOver }: { takeOver: boolean }): Promise<boolean> {
    const { workspace } = this.options
    if (this.isHeld()) return false
    const owner = await findOwner(workspace)
    if (this.isHeld()) return false
    if (owner.state === 'reachable') throw answersAgain(workspace)
    if (owner.state === 'unreachable' && takeOver && owner.lock.token !== this.owner?.lock.token) {
      this.owner = owner
      this.reason = ownedBy(workspace, owner)
      throw fromCauses([this.reason.cause])
    }
    if (!this.take(owner, { takeOver })) throw answersAgain(workspace)
    if (this.reason) throw fromCauses([(this.reason as ReadOnlyReason).cause])
    return true
  }

  /** @throws UserError where it is held in vain: the folder is gone */
  private isHeld(): boolean {
    if (this.lock && this.reason?.kind === 'gone') throw fromCauses([this.reason.cause])
    return this.lock !== null
  }

  /** Resolves with true where a silent owner on another machine has proved to be dead. */
  async confirmSilence(): Promise<boolean> {
    const { workspace, times = usualTimes } = this.options
    const { owner } = this
    if (!owner || owner.here || owner.silentFor === null || owner.silentFor < times.silentAfter) return false
    const before = lastBeat(workspace)
    await new Promise((resolve) => setTimeout(resolve, times.confirm).unref())
    return lastBeat(workspace) === before && readLock(workspace)?.token === owner.lock.token
  }

  /** The workspace turned out not to be writable after all. */
  giveUp(reason: ReadOnlyReason): void {
    this.release()
    this.reason = reason
  }

  /** Whoever comes now waits until the workspace is free. */
  end(): void {
    this.lock?.end()
  }

  release(): void {
    clearInterval(this.watching)
    try {
      this.lock?.release()
    } catch {
      // The folder went away, or its disk takes nothing any more: its process tells that the lock is a dead one.
    }
    this.lock = null
  }

  private tryToLock(stale: TakeOptions['stale']): HeldLock | ReadOnlyReason | null {
    const { workspace, lock, onLost } = this.options
    try {
      return takeLock(workspace, lock, { stale, onLost })
    } catch (error) {
      const reason = notWritable(workspace, error)
      if (!reason) throw error
      if (reason.kind !== 'full' || !useReserve(workspace)) return reason
      this.usedReserve = true
      return this.tryToLock(stale)
    }
  }

  private watch(): void {
    const { workspace, onLost, onGone, onBack, times = usualTimes } = this.options
    let misses = 0
    this.watching = setInterval(() => {
      const seen = this.lock?.look() ?? 'own'
      if (seen === 'other') return onLost()
      if (seen === 'own') {
        misses = 0
        if (this.reason?.kind !== 'gone') return
        this.reason = null
        return onBack()
      }
      misses += 1
      if (misses < patience || this.reason) return
      // Somebody has deleted the lock alone.
      if (seen === 'missing' && identityOf(workspace) === this.folder) return this.putBack()
      this.reason = goneReason(workspace, whatIsThere(workspace))
      onGone(this.reason)
    }, times.look)
    this.watching.unref()
  }

  private putBack(): void {
    try {
      if (this.lock?.renew() === false) this.options.onLost()
    } catch {
      // A full disk: tried again at the next look.
    }
  }
}

/** Of a folder, not of its name: another one may lie there now. */
function identityOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder)
    return `${dev} ${ino}`
  } catch {
    return null
  }
}

function whatIsThere(workspace: string): string {
  try {
    statSync(workspace)
    return 'another folder'
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return missing ? 'nothing: it was removed or renamed' : 'nothing that can be read'
  }
}

const answersAgain = (workspace: string): UserError =>
  new UserError('Another engine has this workspace, and answers now.', {
    where: workspace,
    action: 'Close this window or tab and open the workspace again: it then connects to that engine.',
  })

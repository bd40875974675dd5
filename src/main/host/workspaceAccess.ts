/** Whether this engine may write in a workspace; where it may not, why, and what to do. */
import type { ReadOnlyReason } from '../../shared/contract'
import { UserError, storageFaultBehind, toCauses } from '../../shared/errors'
import { lockPath, type Owner } from '../transports/lockFile'

type Unreachable = Extract<Owner, { state: 'unreachable' }>

const reasonOf = (kind: ReadOnlyReason['kind'], error: UserError): ReadOnlyReason | null => {
  const [cause] = toCauses(error)
  return cause ? { kind, cause } : null
}

const stated = (kind: ReadOnlyReason['kind'], error: UserError): ReadOnlyReason => {
  const reason = reasonOf(kind, error)
  if (!reason) throw error
  return reason
}

/** "2026-11-29 14:02 UTC": a lock may be read on another machine than the one that wrote it. */
const moment = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function span(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes < 1) return 'less than a minute ago'
  if (minutes < 120) return `${minutes} min ago`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`
}

/** Who holds the workspace, since when, and which file says so. */
export function ownedBy(workspace: string, { lock, here, silentFor }: Unreachable): ReadOnlyReason {
  const sign = silentFor === null ? '' : `; last sign of life ${span(silentFor)}`
  const action = here
    ? `That process runs on this machine and does not answer. Wait, or end it (kill ${lock.pid}) and take the workspace over.`
    : `See whether it still runs on ${lock.machine}. If it does not, or that machine is gone, take the workspace over.`
  return stated(
    'owned',
    new UserError('Another engine has this workspace and does not answer.', {
      wanted: 'a workspace of this engine',
      got: `the engine on ${lock.machine}, process ${lock.pid}, since ${moment(lock.startedAt)}${sign}`,
      where: lockPath(workspace),
      action,
    }),
  )
}

/** Within a sentence. */
const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '')

/**
 * Why nothing can be written there; null where the error is another one. The place is the workspace: which of its files
 * was tried first, a temporary one mostly, says nothing.
 */
export function notWritable(workspace: string, error: unknown): ReadOnlyReason | null {
  const full = storageFaultBehind(error, 'full', 'quota')
  if (full)
    return reasonOf(
      'full',
      new UserError('The disk of this workspace is full.', {
        wanted: 'some space to write to',
        got: full.kind === 'full' ? undefined : withoutStop(full.message),
        where: workspace,
        action: 'Free some space on that disk and try again. Until then runs can be looked at and exported elsewhere.',
      }),
    )
  const fault = storageFaultBehind(error, 'readOnly', 'denied', 'unopened')
  if (!fault) return null
  return reasonOf(
    'media',
    new UserError('This workspace can only be read.', {
      wanted: 'a folder and files that this account may write to',
      got: withoutStop(fault.message),
      where: workspace,
      action: 'Make it writable and try again. Until then runs can be looked at and exported elsewhere.',
    }),
  )
}

export const goneReason = (workspace: string, got: string): ReadOnlyReason =>
  stated(
    'gone',
    new UserError('The folder of this workspace is gone.', {
      wanted: 'the folder as it was when the engine started',
      got,
      where: workspace,
      action:
        'Put it back where it was, or connect its disk again: the engine then goes on by itself. What trained is interrupted at its last checkpoint; what was done since the folder went is lost.',
    }),
  )

/** Told where the engine could start only because it kept some room for that. */
export const startedOnFullDisk = (workspace: string): UserError =>
  new UserError('The disk of this workspace is full.', {
    wanted: 'space for results',
    where: workspace,
    action:
      'Empty the bin or free space in the settings; the engine holds a little room back for that. Runs that train now fail when it is used up.',
  })

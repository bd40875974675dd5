/** Errors as data: what a researcher can act on crosses every border whole; stacks stay in the log. */
import { storageFaultOf, type StorageFaultKind } from './storageFaults'

/** One link of an error's chain as it travels on the wire. */
export interface ErrorCause {
  name: string
  message: string
  /**
   * True when the message was written for the researcher; otherwise the interface adds "this is a fault of the
   * program".
   */
  forUser: boolean
  /** Where it is a disk, a file system or the database that refused. */
  storage?: StorageFaultKind
  wanted?: string
  got?: string
  where?: string
  action?: string
}

export interface UserErrorDetails {
  /** What would have been accepted. */
  wanted?: string
  /** What came instead. */
  got?: string
  /** File, field path or place in the file. */
  where?: string
  /** What the researcher can do next. */
  action?: string
  cause?: unknown
}

/** An error that the researcher can put right: it says what was wanted, what came, where, and what to do. */
export class UserError extends Error {
  readonly wanted?: string
  readonly got?: string
  readonly where?: string
  readonly action?: string

  constructor(message: string, details: UserErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'UserError'
    this.wanted = details.wanted
    this.got = details.got
    this.where = details.where
    this.action = details.action
  }
}

/** Bad input or wrong usage: the command line exits with 2. */
export class RefusedInputError extends UserError {
  constructor(message: string, details: UserErrorDetails = {}) {
    super(message, details)
    this.name = 'RefusedInputError'
  }
}

/** A disk, a file system or the database refused, in our words. */
export class StorageError extends UserError {
  constructor(
    message: string,
    readonly kind: StorageFaultKind,
    details: UserErrorDetails = {},
  ) {
    super(message, details)
    this.name = 'StorageError'
  }
}

/** Thrown by the default branch of an exhaustive switch. */
export class ExhaustiveError extends Error {
  constructor(value: never) {
    super(`Unexpected value: ${JSON.stringify(value)}`)
    this.name = 'ExhaustiveError'
  }
}

const chainLimit = 8

/** The chain of an error as data, the outermost first. */
export function toCauses(error: unknown): ErrorCause[] {
  const causes: ErrorCause[] = []
  let current: unknown = error
  while (current !== undefined && current !== null && causes.length < chainLimit) {
    const link = linkOf(current)
    // What is only put into words says nothing new beside what it puts into words.
    if (link.message !== causes.at(-1)?.message) causes.push(link)
    current = current instanceof Error ? current.cause : undefined
  }
  return causes
}

function linkOf(error: unknown): ErrorCause {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), forUser: false }
  const ours = inOurWords(error)
  if (!ours) return { name: error.name, message: error.message, forUser: false }
  const { name, message, wanted, got, where, action } = ours
  const storage = ours instanceof StorageError ? { storage: ours.kind } : {}
  return { name, message, forUser: true, ...storage, wanted, got, where, action }
}

/** An error for people as it is, or in the words of the table of storage faults; null: a fault of the program. */
export function inOurWords(error: Error): UserError | null {
  if (error instanceof UserError) return error
  const fault = storageFaultOf(error)
  return (
    fault && new StorageError(fault.message, fault.kind, { where: fault.where, action: fault.action, cause: error })
  )
}

/** The storage fault behind an error, of one of these kinds where some are named; null where there is none. */
export function storageFaultBehind(error: unknown, ...kinds: readonly StorageFaultKind[]): StorageError | null {
  let current: unknown = error
  for (let link = 0; link < chainLimit && current instanceof Error; link++) {
    const ours = inOurWords(current)
    if (ours instanceof StorageError && (kinds.length === 0 || kinds.includes(ours.kind))) return ours
    current = current.cause
  }
  return null
}

/** The same where nobody has said yet what to do about it: a sentence that names the file's use says more than ours. */
export const untoldStorageFault = (error: unknown): StorageError | null =>
  error instanceof UserError && !(error instanceof StorageError) && error.action !== undefined
    ? null
    : storageFaultBehind(error)

/** What an error says, in one sentence of ours where there is one: for a warning, or a line of a log. */
export const sentenceOf = (error: unknown): string => causeSentence(toCauses(error)) ?? 'Unknown failure.'

/** The same of an error that was written down: for the line of a list. Null where no reason was written down. */
export function causeSentence(causes: readonly ErrorCause[] | null | undefined): string | null {
  const [first] = causes ?? []
  if (!first) return null
  const { message, where } = first
  return where && !message.includes(where) ? `${message.replace(/\.$/, '')} (${where}).` : message
}

/** Whether all that is behind an error was written for people: otherwise the log has something to keep. */
export function isAllOurs(error: unknown): boolean {
  let current: unknown = error
  for (let link = 0; link < chainLimit && current !== undefined && current !== null; link++) {
    if (!(current instanceof UserError)) return false
    current = current.cause
  }
  return true
}

/** Rebuilds an error from the wire; the chain hangs on `cause`. */
export function fromCauses(causes: readonly ErrorCause[]): Error {
  let rebuilt: Error | undefined
  for (const link of [...causes].reverse()) {
    const details = { wanted: link.wanted, got: link.got, where: link.where, action: link.action, cause: rebuilt }
    if (link.storage) rebuilt = new StorageError(link.message, link.storage, details)
    else if (link.name === 'RefusedInputError') rebuilt = new RefusedInputError(link.message, details)
    else if (link.forUser) rebuilt = new UserError(link.message, details)
    else {
      rebuilt = new Error(link.message, rebuilt === undefined ? undefined : { cause: rebuilt })
      rebuilt.name = link.name
    }
  }
  return rebuilt ?? new Error('The engine reported a failure without a reason.')
}

/** The error as lines for a terminal or a message box: message, then wanted, got, where, action where known. */
export function describeError(error: unknown): string {
  const [first, ...rest] = toCauses(error)
  if (!first) return 'Unknown failure.'
  const lines = [first.message]
  if (first.wanted) lines.push(`  wanted: ${first.wanted}`)
  if (first.got) lines.push(`  got: ${first.got}`)
  if (first.where) lines.push(`  where: ${first.where}`)
  if (first.action) lines.push(`  what to do: ${first.action}`)
  for (const { message, where } of rest) lines.push(`  because: ${message}${where ? ` (${where})` : ''}`)
  return lines.join('\n')
}

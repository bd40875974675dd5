/** Errors as data: what a researcher can act on crosses every border whole; stacks stay in the log. */

/** One link of an error's chain as it travels on the wire. */
export interface ErrorCause {
  name: string
  message: string
  /**
   * True when the message was written for the researcher; otherwise the interface adds "this is a fault of the
   * program".
   */
  forUser: boolean
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
    if (current instanceof UserError) {
      causes.push({
        name: current.name,
        message: current.message,
        forUser: true,
        wanted: current.wanted,
        got: current.got,
        where: current.where,
        action: current.action,
      })
    } else if (current instanceof Error) {
      causes.push({ name: current.name, message: current.message, forUser: false })
    } else {
      causes.push({ name: 'Error', message: String(current), forUser: false })
    }
    current = current instanceof Error ? current.cause : undefined
  }
  return causes
}

/** Rebuilds an error from the wire; the chain hangs on `cause`. */
export function fromCauses(causes: readonly ErrorCause[]): Error {
  let rebuilt: Error | undefined
  for (const link of [...causes].reverse()) {
    const details = { wanted: link.wanted, got: link.got, where: link.where, action: link.action, cause: rebuilt }
    if (link.name === 'RefusedInputError') rebuilt = new RefusedInputError(link.message, details)
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
  for (const cause of rest) lines.push(`  because: ${cause.message}`)
  return lines.join('\n')
}

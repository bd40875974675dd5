/**
 * What preparing says, and how it fails. A terminal gets lines on stderr (stdout belongs to the command that follows);
 * whoever shows it elsewhere hands in a reporter of its own.
 */
import { createMeter } from './meter.mjs'

/** @typedef {import('../../shared/domain').RuntimeFailureKind} FailureKind */

/** A failure that the user can mend; its message is a sentence or two that say what to do. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ cause?: unknown, kind?: FailureKind }} [options]
   */
  constructor(message, { kind = 'other', ...options } = {}) {
    super(message, options)
    this.name = 'SetupError'
    this.kind = kind
  }
}

/**
 * How far a piece of work is; bytes of all of the phase, not of the current file.
 * @typedef {object} Progress
 * @property {'fetching' | 'checking' | 'unpacking' | 'packing'} phase
 * @property {string} item what is fetched or unpacked just now
 * @property {number} done bytes
 * @property {number} total bytes
 */

/**
 * @typedef {object} Reporter
 * @property {(text: string) => void} say a sentence for the person in front of it
 * @property {(progress: Progress) => void} progress as often as bytes come; whoever shows it slows it down
 */

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}

/** @param {number} milliseconds */
export function formatSeconds(milliseconds) {
  return milliseconds < 1000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** @param {number} seconds */
function formatTimeLeft(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`
  return `${Math.round(seconds / 60)} min left`
}

/**
 * E.g. "fetching tensorflow-cpu: 120 MB of 274 MB (43 %), 12 MB/s, 13 s left".
 * @param {Progress} progress
 * @param {{ bytesPerSecond: number | null, secondsLeft: number | null }} speed
 */
export function progressText({ phase, item, done, total }, { bytesPerSecond, secondsLeft }) {
  const share = Math.floor((100 * done) / Math.max(1, total))
  const speed = bytesPerSecond === null ? '' : `, ${formatBytes(bytesPerSecond)}/s`
  const left = secondsLeft === null ? '' : `, ${formatTimeLeft(secondsLeft)}`
  return `${phase} ${item}: ${formatBytes(done)} of ${formatBytes(total)} (${share} %)${speed}${left}`
}

/**
 * Sentences, and a line that is redrawn in place on a terminal; elsewhere at most one line each 5 s.
 * @returns {Reporter & { end(): void }}
 */
export function terminalReporter(stream = process.stderr, now = () => performance.now()) {
  const interactive = Boolean(stream.isTTY)
  const interval = interactive ? 100 : 5000
  let last = interactive ? -Infinity : now()
  const meter = createMeter(now)
  const end = () => {
    if (interactive) stream.write('\r\u001b[K')
  }
  return {
    say(text) {
      end()
      stream.write(`${text}\n`)
    },
    progress(progress) {
      const speed = meter(progress)
      if (now() - last < interval) return
      last = now()
      const line = `  ${progressText(progress, speed)}`
      stream.write(interactive ? `\r${line}\u001b[K` : `${line}\n`)
    },
    end,
  }
}

/** What the set-up says, and how it fails. Everything goes to stderr: stdout belongs to the command that follows. */

/** A failure that the user can mend; its message is one sentence that says what to do. */
export class SetupError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
  }
}

export function say(text) {
  process.stderr.write(`${text}\n`)
}

export function formatBytes(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}

export function formatSeconds(milliseconds) {
  return milliseconds < 1000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${(milliseconds / 1000).toFixed(1)} s`
}

/**
 * A progress line: redrawn in place on a terminal, at most one line each 5 s elsewhere.
 * `update(done)` takes bytes done so far.
 */
export function progress(label, totalBytes, stream = process.stderr, now = () => performance.now()) {
  const interactive = Boolean(stream.isTTY)
  const interval = interactive ? 100 : 5000
  let last = interactive ? -Infinity : now()
  const line = (done) =>
    `  ${label}: ${formatBytes(done)} of ${formatBytes(totalBytes)} (${Math.floor((100 * done) / Math.max(1, totalBytes))} %)`
  return {
    update(done) {
      if (now() - last < interval) return
      last = now()
      stream.write(interactive ? `\r${line(done)}\u001b[K` : `${line(done)}\n`)
    },
    end() {
      if (interactive) stream.write('\r\u001b[K')
    },
  }
}

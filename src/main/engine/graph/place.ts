/**
 * Where in the program something happened, for errors about a step: the innermost frames outside this folder and
 * outside packages. Words of a message only: nothing is decided by a stack.
 */
import path from 'node:path'

const framesShown = 3
const stackDepth = 60

/** A moment in a step; its stack is put into words only when an error needs it. */
export interface Place {
  describe(): string
}

function describeFrame(line: string): string | undefined {
  const match = /^\s*at (?:(.+?) \()?(?:file:\/\/)?(.+?):(\d+):\d+\)?$/.exec(line)
  const file = match?.[2]
  if (
    !match ||
    !file ||
    file.startsWith('node:') ||
    file.includes('node_modules') ||
    /engine[\\/]graph[\\/]\w+\.ts$/.test(file)
  )
    return undefined
  const shown = path.relative(process.cwd(), file)
  const location = `${shown.startsWith('..') ? path.basename(file) : shown}:${match[3]}`
  return match[1] ? `${match[1]} (${location})` : location
}

/** Takes the current stack. */
export function here(): Place {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = stackDepth
  const moment = new Error('place')
  Error.stackTraceLimit = limit
  return {
    describe() {
      const lines = (moment.stack ?? '').split('\n').slice(1)
      // The recorder's own frames lie inside tfjs's; in a bundle only that tells them apart.
      const firstPackage = lines.findIndex((line) => line.includes('node_modules'))
      const frames = lines
        .slice(Math.max(firstPackage, 0))
        .map(describeFrame)
        .filter((frame) => frame !== undefined)
      return frames.slice(0, framesShown).join(' ← ') || 'an unknown place'
    },
  }
}

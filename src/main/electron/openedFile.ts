/** The file that a desktop opens with the application: it comes as an argument. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** What the desktop entry registers. */
const ending = '.abdrun'

/**
 * The whole path of the last argument that is a run's file; null where none is one.
 * @param folder what a path is seen from that is not whole
 */
export function openedFileOf(argv: readonly string[], folder: string): string | null {
  const named = argv
    .slice(1)
    .findLast((argument) => !argument.startsWith('-') && argument.toLowerCase().endsWith(ending))
  if (named === undefined) return null
  const path = resolve(folder, named)
  return existsSync(path) ? path : null
}

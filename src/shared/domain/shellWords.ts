/** Command lines as a shell reads them. */
import { flattenConfig } from './paths'
import type { RunDetail } from './run'

/** A word that bash, zsh and fish take as it stands; in quotes where it has to be. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/**
 * Every value of a configuration as `path=value`, each a word that a shell hands to --set unchanged. Text stands as it
 * is: the parameter at its path tells that it is text.
 */
export const assignmentWords = (config: unknown): string[] =>
  flattenConfig(config).map(([path, value]) => assignmentWord(path, value))

const assignmentWord = (path: string, value: unknown): string =>
  shellWord(`${path}=${typeof value === 'string' && !looksLikeJson(value) ? value : JSON.stringify(value)}`)

/** Text that would be read without its quotes as something else. */
const looksLikeJson = (text: string): boolean => /^["[{]/.test(text)

/** The command that starts the experiment of a run, for a shell: what differs from the defaults. */
export function runCommand({ config, changedPaths }: Pick<RunDetail, 'config' | 'changedPaths'>): string {
  const values = new Map(flattenConfig(config))
  const words = changedPaths
    .filter((path) => !inStudents(path) && values.has(path))
    .map((path) => assignmentWord(path, values.get(path)))
  // A list is set whole: one that is shorter than the default's would keep the rest of it.
  if (changedPaths.some(inStudents)) words.push(assignmentWord('students', config.students))
  return ['abd run', ...words.map((word) => `--set ${word}`)].join(' \\\n  ')
}

const inStudents = (path: string): boolean => path === 'students' || path.startsWith('students.')

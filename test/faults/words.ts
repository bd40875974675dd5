/** What people are told, held against what only a driver or Node would say. */
import type { ErrorCause } from '../../src/shared/errors'

/** Words of the system, of the database's driver, of V8: none of them may reach a person. */
const foreign: readonly RegExp[] = [
  /\bE[A-Z]{3,}\b:/,
  /\bENO[A-Z]+|\bEIO\b|\bEACCES\b|\bSQLITE_/,
  /no space left|i\/o error|disk I\/O|permission denied|database or disk|readonly database|unable to open (database|connection)/i,
  /\bat .+\.[cm]?[jt]s:\d+/,
  /is not a function|undefined|Cannot read prop|\[object|Unexpected (token|end)/,
]

/** What is wrong with a text for people; null: nothing. */
export const foreignIn = (text: string): string | null => (foreign.some((words) => words.test(text)) ? text : null)

/** The causes of an error that are not for people, or not in our words. */
export function foreignCauses(causes: readonly ErrorCause[]): string[] {
  return causes.flatMap(({ forUser, ...texts }) => {
    const said = [texts.message, texts.wanted, texts.got, texts.action].filter((text) => text !== undefined)
    const wrong = said.filter((text) => foreignIn(text) !== null)
    return forUser ? wrong : [`${texts.name}: ${texts.message}`]
  })
}

/** Places of a page that are made by a program, between two comments that stay. */

const begin = (name) => `<!-- table ${name} -->`
const end = '<!-- end of table -->'

/** Names of the places, as they stand. */
export const placesOf = (page) => [...page.matchAll(/<!-- table (.+?) -->/g)].map(([, name]) => name)

/** @throws {Error} where the page has no such place */
export function inserted(page, name, text) {
  const from = page.indexOf(begin(name))
  const to = page.indexOf(end, from)
  if (from === -1 || to === -1) throw new Error(`The page has no place "${begin(name)} … ${end}".`)
  return `${page.slice(0, from)}${begin(name)}\n\n${text.trim()}\n\n${page.slice(to)}`
}

const cellsOf = (line) => line.slice(2, -2).split(/(?<!\\) \| /)
const isEmpty = (cell) => /^–( \(.*unfinished.*\))?$/.test(cell)

/**
 * An exported table without the comment that lists its runs, which the files beside the page have, and without rows of
 * which nothing is done.
 */
export function tableOf(markdown) {
  const lines = markdown
    .replace(/<!--[\s\S]*?-->/g, '')
    .trim()
    .split('\n')
  const [, rule = ''] = lines
  const numbers = cellsOf(rule).flatMap((cell, at) => (cell.endsWith(':') ? [at] : []))
  const isDone = (line) => {
    const cells = cellsOf(line)
    return !line.startsWith('| ') || !numbers.every((at) => isEmpty(cells[at] ?? ''))
  }
  return lines.filter((line, at) => at < 2 || isDone(line)).join('\n')
}

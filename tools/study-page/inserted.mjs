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

/** An exported table without the comment that lists its runs: the files beside the page have them. */
export const tableOf = (markdown) => markdown.replace(/<!--[\s\S]*?-->/g, '').trim()

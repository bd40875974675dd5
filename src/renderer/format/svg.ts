/** Texts in pictures that are written as SVG. */

export interface SvgPicture {
  readonly svg: string
  /** In pixels. */
  readonly width: number
  readonly height: number
}

/** Width of a text in pixels at a size in pixels. */
export type TextMeasure = (text: string, size: number) => number

/** Anything else than a letter's five markup signs stays; control characters are not allowed in XML. */
export const escapedXml = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

/** Lines no wider than that; a word that is wider goes over several. @param measure width of a text in pixels */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/).flatMap((whole) => pieces(whole, width, measure))) {
    const last = lines.at(-1)
    if (last !== undefined && measure(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function pieces(word: string, width: number, measure: (text: string) => number): string[] {
  if (measure(word) <= width || word.length < 2) return [word]
  let end = word.length - 1
  while (end > 1 && measure(word.slice(0, end)) > width) end--
  return [word.slice(0, end), ...pieces(word.slice(end), width, measure)]
}

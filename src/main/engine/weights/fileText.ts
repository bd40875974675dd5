/** Text out of a file, made safe for a sentence: cut, quoted, control and direction characters escaped. */

const longestQuote = 80
// Controls, bidirectional overrides, zero-width characters and lone surrogates could disguise what a message says.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const disguises = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]/g

/** Quotes text taken from a file. HTML is left as it is: the interface shows messages as text. */
export function quoteFromFile(text: string): string {
  const cut = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text
  const escaped = cut
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(disguises, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `"${escaped}"`
}

/**
 * A row of a list, for messages that name its number: what stands in it is for whoever may open the file, and a message
 * goes to whoever named its path.
 */
export const describeRow = (row: string, separator: string): string =>
  row.trim() === '' ? 'an empty row' : `${row.split(separator).length} columns, ${row.length} characters`

const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || [0x09, 0x0a, 0x0d].includes(byte)

/** The first bytes of a file, for "this is no such file" messages; of a text nothing that stands in it. */
export function describeFirstBytes(bytes: Uint8Array): string {
  const head = bytes.subarray(0, 16)
  if (head.length === 0) return 'an empty file'
  if (head.every(isText)) return 'a text'
  const hexadecimal = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const text = Array.from(head, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
  return `first bytes ${hexadecimal} (${text})`
}

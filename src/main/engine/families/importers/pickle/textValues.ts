/**
 * Values that protocol 0 writes as a line of text, as strictly as Python's own reader takes them (CPython
 * Lib/pickle.py, load_int to load_unicode); forms that it takes and no pickler writes are refused too: 0x10, 1_0, " 1".
 */
import { narrow, type Cursor } from './cursor'
import { refusePickle } from './refusal'

function malformed(what: string, wanted: string, { line, at }: { line: string; at: number }): never {
  throw refusePickle(`The pickle has a malformed ${what}.`, { wanted, got: `${line.length} characters`, at })
}

function whole(line: string, at: number): number | bigint {
  // A leading zero would be octal in one of Python's two readers and an error in the other.
  if (!/^-?(0|[1-9]\d{0,63})$/.test(line))
    malformed('number', 'a whole decimal number of at most 64 digits', { line, at })
  return narrow(BigInt(line))
}

/** INT: a whole number, or a truth value as 00 and 01. */
export function textInteger(cursor: Cursor): number | bigint | boolean {
  const { at } = cursor
  const line = cursor.line()
  return line === '00' ? false : line === '01' ? true : whole(line, at)
}

/** LONG: a whole number, which Python 2 ended with L. */
export function textLong(cursor: Cursor): number | bigint {
  const { at } = cursor
  return whole(cursor.line().replace(/L$/, ''), at)
}

/** FLOAT, as repr() writes it. */
export function textFloat(cursor: Cursor): number {
  const { at } = cursor
  const line = cursor.line()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) return Number(line)
  const named = /^([+-]?)(inf|infinity|nan)$/i.exec(line)
  if (!named) return malformed('number', 'a floating-point number', { line, at })
  const size = named[2]?.toLowerCase() === 'nan' ? Number.NaN : Infinity
  return named[1] === '-' ? -size : size
}

/** PUT and GET: a place in the memo. */
export function textIndex(cursor: Cursor): number {
  const { at } = cursor
  const line = cursor.line()
  return /^\d{1,15}$/.test(line) ? Number(line) : malformed('number', 'a place of at most 15 digits', { line, at })
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** STRING: in quotes, with the escapes of repr(). */
export function quotedText(cursor: Cursor): string {
  const { at } = cursor
  const line = cursor.line()
  const inner = /^(['"])(.*)\1$/.exec(line)?.[2]
  if (inner === undefined) return malformed('text', 'text in quotes', { line, at })
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S])|$)/g,
    (written: string, hexadecimal?: string, octal?: string, character?: string) => {
      if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
      if (character === undefined || character === 'x') return malformed('text', 'whole escapes', { line, at })
      return simpleEscapes[character] ?? written
    },
  )
}

/** UNICODE: \uXXXX and \UXXXXXXXX behind an odd backslash, everything else as it is. */
export function escapedText(cursor: Cursor): string {
  const { at } = cursor
  const line = cursor.line()
  return line.replace(
    /\\\\|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\[uU]/g,
    (written: string, short?: string, long?: string) => {
      if (written === '\\\\') return written
      const point = Number.parseInt(short ?? long ?? '', 16)
      return point <= 0x10ffff ? String.fromCodePoint(point) : malformed('text', 'whole escapes', { line, at })
    },
  )
}

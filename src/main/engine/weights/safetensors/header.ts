/**
 * The JSON header of a safetensors file, parsed strictly: one flat object of tensor entries and `__metadata__`.
 * JSON.parse would keep the last of two equal keys in silence, and would build whatever a hostile header nests.
 */
import { RefusedInputError } from '../../../../shared/errors'
import { importLimits } from '../importLimits'
import { quoteFromFile } from '../fileText'

export interface HeaderEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly entries: readonly HeaderEntry[]
  readonly metadata: Record<string, string>
}

/**
 * @throws RefusedInputError on anything but the format's own shape, on duplicate names and on more than `mostTensors`
 */
export function parseHeader(text: string, mostTensors: number): SafetensorsHeader {
  const scanner = createScanner(text)
  const entries: HeaderEntry[] = []
  let metadata: Record<string, string> = {}
  scanner.object((name) => {
    if (name === '__metadata__') metadata = readMetadata(scanner)
    else entries.push(readEntry(scanner, name))
    if (entries.length > mostTensors) {
      throw new RefusedInputError('The header names too many tensors.', {
        wanted: `at most ${mostTensors} tensors`,
        got: `more than ${mostTensors}`,
        where: 'header',
      })
    }
  })
  scanner.end()
  return { entries, metadata }
}

function readMetadata(scanner: Scanner): Record<string, string> {
  const pairs: [string, string][] = []
  scanner.object((key) => {
    pairs.push([key, scanner.string()])
  })
  return Object.fromEntries(pairs)
}

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  let dtype: string | undefined
  let shape: number[] | undefined
  let offsets: number[] | undefined
  scanner.object((key) => {
    if (key === 'dtype') dtype = scanner.string()
    else if (key === 'shape') shape = scanner.integers(importLimits.tensorRank)
    else if (key === 'data_offsets') offsets = scanner.integers(2)
    else throw scanner.refusal(`the key ${quoteFromFile(key)}`, 'dtype, shape or data_offsets')
  })
  const [start, end] = offsets ?? []
  if (dtype === undefined || shape === undefined || start === undefined || end === undefined) {
    throw scanner.refusal(`an incomplete entry ${quoteFromFile(name)}`, 'dtype, shape and two data_offsets')
  }
  return { name, dtype, shape, start, end }
}

interface Scanner {
  string(): string
  integers(most: number): number[]
  object(readValue: (key: string) => void): void
  end(): void
  refusal(got: string, wanted: string): RefusedInputError
}

// eslint-disable-next-line no-control-regex -- JSON forbids bare control characters in strings
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const integerPattern = /0|[1-9][0-9]*/y
const spacePattern = /[ \t\r\n]*/y

/** The text from where it is read on: single tokens, spaces passed over. */
interface Tokens {
  /** Takes what `pattern` (sticky) finds here; spaces count. */
  match(pattern: RegExp): string | undefined
  skipSpace(): void
  /** Takes the character, or says that it is not there. */
  accept(character: string): boolean
  expect(character: string): void
  /** What stands here, for a message. */
  here(): string
  atEnd(): boolean
  refusal(got: string, wanted: string): RefusedInputError
}

function createTokens(text: string): Tokens {
  let at = 0
  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const tokens: Tokens = {
    match,
    skipSpace() {
      match(spacePattern)
    },
    accept(character) {
      tokens.skipSpace()
      if (text[at] !== character) return false
      at += 1
      return true
    },
    expect(character) {
      if (!tokens.accept(character)) throw tokens.refusal(tokens.here(), `"${character}"`)
    },
    here: () => (at < text.length ? quoteFromFile(text.slice(at, at + 20)) : 'the end of the header'),
    atEnd: () => at === text.length,
    refusal: (got, wanted) =>
      new RefusedInputError('The safetensors header is not valid.', { wanted, got, where: `header, character ${at}` }),
  }
  return tokens
}

function createScanner(text: string): Scanner {
  const { match, skipSpace, accept, expect, here, atEnd, refusal } = createTokens(text)
  function string(): string {
    skipSpace()
    const found = match(stringPattern)
    if (found === undefined) throw refusal(here(), 'a string')
    return found.includes('\\') ? String(JSON.parse(found)) : found.slice(1, -1)
  }
  function integer(): number {
    skipSpace()
    const value = Number(match(integerPattern) ?? Number.NaN)
    if (!Number.isSafeInteger(value)) throw refusal(here(), 'a whole number below 2^53')
    return value
  }
  function integers(most: number): number[] {
    const values: number[] = []
    expect('[')
    if (accept(']')) return values
    do {
      values.push(integer())
      if (values.length > most) throw refusal(`more than ${most} numbers`, `at most ${most} numbers`)
    } while (accept(','))
    expect(']')
    return values
  }
  function object(readValue: (key: string) => void): void {
    const seen = new Set<string>()
    expect('{')
    if (accept('}')) return
    do {
      const key = string()
      if (seen.has(key)) throw refusal(`the key ${quoteFromFile(key)} twice`, 'each key once')
      seen.add(key)
      expect(':')
      readValue(key)
    } while (accept(','))
    expect('}')
  }
  function end(): void {
    skipSpace()
    if (!atEnd()) throw refusal(here(), 'nothing after the header object')
  }
  return { string, integers, object, end, refusal }
}

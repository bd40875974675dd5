/** YAML with its places: hostile text is refused before anything is made of it. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { RefusedInputError } from '../../../../../shared/errors'

/** A study file is written by a person. */
export const fileLimit = 150_000
const aliasLimit = 50
/** Brackets within brackets: no study needs them, and the parser would run out of stack. */
const depthLimit = 64

export type Keys = readonly (string | number)[]

export interface YamlText {
  readonly content: unknown
  /** "line 3, column 5": of the value at these keys, or of the key itself. */
  place(keys: Keys, of?: 'key' | 'value'): string
}

const refuse = (message: string, details: { got?: string; where?: string; wanted?: string }): RefusedInputError =>
  new RefusedInputError(message, { wanted: 'plain YAML, see docs/studies.md', where: 'the whole file', ...details })

/**
 * @throws RefusedInputError with line and column for text that is no plain YAML: custom tags, a key twice, anchors that
 *   grow, nesting without end, more than 150 kB
 */
export function readYaml(text: string): YamlText {
  if (text.length > fileLimit)
    throw refuse('The file is too large for a study.', {
      wanted: `at most ${fileLimit.toLocaleString('en')} characters`,
      got: text.length.toLocaleString('en'),
    })
  refuseDepth(text)
  const lines = new LineCounter()
  const document = parsed(text, lines)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0])
    throw refuse('The file cannot be read as YAML.', {
      got: problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? problem.code,
      where: `line ${line}, column ${col}`,
    })
  }
  return { content: contentOf(document), place: (keys, of = 'value') => placeOf(document, lines, keys, of) }
}

/** Flow collections nest by brackets, block ones by indentation; both are counted without parsing. */
function refuseDepth(text: string): void {
  let depth = 0
  for (const [index, character] of [...text].entries()) {
    if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    else if (character === '\n' && depth > 0 && text[index + 1] === '\n') depth = 0
    if (depth > depthLimit)
      throw refuse('The file nests too deeply.', { wanted: `at most ${depthLimit} levels`, got: 'more' })
  }
}

function parsed(text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, {
      lineCounter,
      schema: 'core',
      version: '1.2',
      merge: false,
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
      resolveKnownTags: false,
      logLevel: 'error',
    })
  } catch (error) {
    throw refuse('The file cannot be read as YAML.', { got: error instanceof Error ? error.message : String(error) })
  }
}

function contentOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasLimit })
  } catch (error) {
    throw refuse('The file repeats itself through anchors more often than a study needs.', {
      wanted: `at most ${aliasLimit} repetitions`,
      got: error instanceof Error ? error.message : String(error),
    })
  }
}

function placeOf(document: Document.Parsed, lines: LineCounter, keys: Keys, of: 'key' | 'value'): string {
  const text = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  if (of === 'key') {
    const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true)
    const pair = isMap(parent)
      ? parent.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(keys.at(-1)),
        )
      : undefined
    if (isScalar(pair?.key) && pair.key.range) return text(pair.key.range[0])
  }
  for (let length = keys.length; length > 0; length--) {
    const node: unknown = document.getIn(keys.slice(0, length), true)
    if (isNode(node) && node.range) return text(node.range[0])
  }
  return 'line 1'
}

/** From the text of a query to what it is made of; what cannot be used is told and left out. */
import type { QueryFault } from '../table'
import type { QueryNode, QueryOperator, WrittenValue } from './syntax'

export interface ParsedQuery {
  /** null: nothing is asked for, everything matches. */
  readonly node: QueryNode | null
  readonly faults: readonly QueryFault[]
}

/** Deeper nesting is nobody's question. */
const deepest = 50

export function parseQuery(text: string): ParsedQuery {
  const parser = new Parser(text)
  const node = parser.whole()
  return { node, faults: parser.faults }
}

const columnStart = /([\p{L}_][\p{L}\p{N}_.+-]*)(?:(:)|\s*(!=|<=|>=|=|<|>)\s*)/uy
const orWord = /OR(?=[\s(]|$)/y
const spaces = /\s+/y
const bareWord = /[^\s()|"]+/y
const bareValue = /[^\s()|",]+/y

class Parser {
  readonly faults: QueryFault[] = []
  private at = 0
  private depth = 0

  constructor(private readonly text: string) {}

  whole(): QueryNode | null {
    const nodes: QueryNode[] = []
    for (;;) {
      const node = this.alternatives()
      if (node) nodes.push(node)
      if (this.at >= this.text.length) return joined('and', nodes)
      this.fault(this.at, this.at + 1, 'This parenthesis closes nothing.')
      this.at += 1
    }
  }

  private alternatives(): QueryNode | null {
    const nodes: QueryNode[] = []
    let bar: number | null = null
    for (;;) {
      const node = this.conjunction()
      if (node) nodes.push(node)
      else if (bar !== null) this.fault(bar, bar + 1, 'Nothing follows this "or".')
      this.skipSpaces()
      const found = this.text[this.at] === '|' ? 1 : matched(orWord, this.text, this.at).length
      if (found === 0) return joined('or', nodes)
      if (!node && bar === null) this.fault(this.at, this.at + found, 'Nothing stands before this "or".')
      bar = this.at
      this.at += found
    }
  }

  private conjunction(): QueryNode | null {
    const nodes: QueryNode[] = []
    for (;;) {
      this.skipSpaces()
      const next = this.text[this.at]
      if (next === undefined || next === ')' || next === '|' || matched(orWord, this.text, this.at) !== '')
        return joined('and', nodes)
      const node = this.unary()
      if (node) nodes.push(node)
    }
  }

  private unary(): QueryNode | null {
    const from = this.at
    if (this.text[from] !== '-') return this.primary()
    this.at += 1
    const next = this.text[this.at]
    if (next === undefined || /[\s)|]/.test(next)) {
      this.fault(from, from + 1, 'Nothing follows this minus.')
      return null
    }
    if (this.depth >= deepest) return this.tooDeep(from)
    this.depth += 1
    const node = this.unary()
    this.depth -= 1
    return node && { kind: 'not', node, from, to: node.to }
  }

  private primary(): QueryNode | null {
    if (this.text[this.at] === '(') return this.parenthesis()
    return this.column() ?? this.words()
  }

  private parenthesis(): QueryNode | null {
    const from = this.at
    if (this.depth >= deepest) return this.tooDeep(from)
    this.at += 1
    this.depth += 1
    const node = this.alternatives()
    this.depth -= 1
    if (this.text[this.at] === ')') this.at += 1
    else this.fault(from, from + 1, 'This parenthesis is not closed.')
    if (!node) this.fault(from, this.at, 'These parentheses are empty.')
    return node && { ...node, from, to: this.at }
  }

  private column(): QueryNode | null {
    const from = this.at
    columnStart.lastIndex = from
    const found = columnStart.exec(this.text)
    if (!found) return null
    const [whole, name = '', colon, comparison] = found
    this.at += whole.length
    const values = this.values()
    if (values.length === 0) {
      this.fault(from, this.at, `"${name}" wants a value after "${colon ?? comparison ?? ''}".`)
      return null
    }
    return { kind: 'column', name, operator: (colon ?? comparison) as QueryOperator, values, from, to: this.at }
  }

  private values(): WrittenValue[] {
    const values: WrittenValue[] = []
    for (;;) {
      const value = this.value()
      if (value) values.push(value)
      if (this.text[this.at] !== ',') return values
      this.at += 1
    }
  }

  private value(): WrittenValue | null {
    const from = this.at
    if (this.text[from] === '"') return { ...this.quoted(), quoted: true }
    const text = matched(bareValue, this.text, from)
    this.at += text.length
    return text === '' ? null : { text, quoted: false, from, to: this.at }
  }

  private words(): QueryNode | null {
    const from = this.at
    if (this.text[from] === '"') {
      const { text, to } = this.quoted()
      return text.trim() === '' ? null : { kind: 'words', text: text.trim(), exact: true, from, to }
    }
    const text = matched(bareWord, this.text, from)
    this.at += text.length
    return { kind: 'words', text, exact: false, from, to: this.at }
  }

  /** `\"` and `\\` stand for themselves. */
  private quoted(): { text: string; from: number; to: number } {
    const from = this.at
    let text = ''
    for (let at = from + 1; at < this.text.length; at++) {
      const character = this.text[at] ?? ''
      if (character === '"') {
        this.at = at + 1
        return { text, from, to: this.at }
      }
      const escaped = character === '\\' && /["\\]/.test(this.text[at + 1] ?? '')
      if (escaped) at += 1
      text += escaped ? (this.text[at] ?? '') : character
    }
    this.at = this.text.length
    this.fault(from, this.at, 'This quotation is not closed.')
    return { text, from, to: this.at }
  }

  private tooDeep(from: number): null {
    this.fault(from, this.text.length, `Parentheses and minus signs may lie ${deepest} deep.`)
    this.at = this.text.length
    return null
  }

  private skipSpaces(): void {
    this.at += matched(spaces, this.text, this.at).length
  }

  private fault(from: number, to: number, message: string): void {
    this.faults.push({ from, to, message })
  }
}

function matched(expression: RegExp, text: string, at: number): string {
  expression.lastIndex = at
  return expression.exec(text)?.[0] ?? ''
}

function joined(kind: 'and' | 'or', nodes: readonly QueryNode[]): QueryNode | null {
  const [first] = nodes
  const last = nodes.at(-1)
  if (!first || !last) return null
  return nodes.length === 1 ? first : { kind, nodes, from: first.from, to: last.to }
}

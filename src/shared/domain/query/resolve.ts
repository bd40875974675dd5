/** A query whose names are columns and whose values are numbers or texts: what an index can look for. */
import { healthTitles, type HealthKind } from '../health'
import type { QueryFault } from '../table'
import type { QueryColumn, QueryColumns } from './columns'
import { parseQuery } from './parse'
import type { ColumnNode, QueryNode, QueryOperator, WordsNode, WrittenValue } from './syntax'
import { ageOf, comparedRange, exampleOf, rangeOf, shownShare, type NumberRange } from './values'

export type Condition =
  | { readonly kind: 'words'; readonly text: string; readonly exact: boolean }
  /** One of these numbers, or of these texts (whole, or a part of it), in one of these columns. */
  | { readonly kind: 'numbers'; readonly columns: readonly string[]; readonly ranges: readonly NumberRange[] }
  | { readonly kind: 'texts'; readonly columns: readonly string[]; readonly texts: readonly SoughtText[] }
  | { readonly kind: 'has'; readonly columns: readonly string[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }

export interface SoughtText {
  readonly text: string
  /** The value itself, or (of a list) one of its values; else a part is enough. */
  readonly whole: boolean
}

export interface ResolvedQuery {
  /** null: everything. */
  readonly condition: Condition | null
  readonly faults: readonly QueryFault[]
  /** It speaks of the archive, so what lies there is looked at too. */
  readonly archive: boolean
}

/** @param now milliseconds since 1970, for ages */
export function resolveQuery(text: string, columns: QueryColumns, now: number): ResolvedQuery {
  const { node, faults } = parseQuery(text)
  const resolver = new Resolver(columns, now, [...faults])
  const condition = node && resolver.node(node)
  return { condition, faults: resolver.faults, archive: resolver.archive }
}

const runStates = ['queued', 'running', 'paused', 'stopped', 'interrupted', 'failed', 'done', 'waiting']
const healthWords: Readonly<Record<string, readonly HealthKind[]>> = {
  dead: ['deadStudent'],
  collapsed: ['collapsedGenerator', 'collapsedTeacher'],
  unpoisoned: ['teacherNotPoisoned'],
  nan: ['notFinite'],
  stalled: ['stalled'],
  'stopped-early': ['stoppedEarly'],
}
const isState = (...states: string[]): Condition => texts(['state'], states)
const texts = (columns: readonly string[], values: readonly string[]): Condition => ({
  kind: 'texts',
  columns,
  texts: values.map((text) => ({ text, whole: true })),
})
const flagged = (column: string): Condition => ({
  kind: 'numbers',
  columns: [column],
  ranges: [{ low: 1, high: 1, includesLow: true, includesHigh: true }],
})

/** What "is:" may be followed by, and what it means. */
export const isWords: Readonly<Record<string, { readonly meaning: string; readonly condition: Condition }>> = {
  ...Object.fromEntries(
    runStates.map((state) => [state, { meaning: `its state is ${state}`, condition: isState(state) }]),
  ),
  active: { meaning: 'running or waiting to run', condition: isState('queued', 'running', 'waiting') },
  archived: { meaning: 'kept out of other lists', condition: flagged('archived') },
  teacher: { meaning: 'a teacher', condition: texts(['model'], ['teacher']) },
  student: { meaning: 'a student', condition: texts(['model'], ['student']) },
  defended: { meaning: 'a student with a defense', condition: flagged('defended') },
  privileged: { meaning: 'a student that clean images helped', condition: flagged('privileged') },
  forked: { meaning: 'goes on from another run’s checkpoint', condition: { kind: 'has', columns: ['forked'] } },
  ...Object.fromEntries(
    Object.entries(healthWords).map(([word, kinds]) => [
      word,
      {
        meaning: kinds.map((kind) => healthTitles[kind].toLowerCase()).join(' or '),
        condition: texts(['health'], kinds),
      },
    ]),
  ),
  ill: { meaning: 'something is wrong with it', condition: { kind: 'has', columns: ['health'] } },
}

class Resolver {
  archive = false

  constructor(
    private readonly columns: QueryColumns,
    private readonly now: number,
    readonly faults: QueryFault[],
  ) {}

  node(node: QueryNode): Condition | null {
    switch (node.kind) {
      case 'words':
        return { kind: 'words', text: node.text, exact: node.exact }
      case 'column':
        return this.column(node)
      case 'not': {
        const condition = this.node(node.node)
        return condition && { kind: 'not', condition }
      }
      case 'and':
        return joined(
          'and',
          this.withValues(node.nodes).map((part) => this.node(part)),
        )
      case 'or':
        return joined(
          'or',
          node.nodes.map((part) => this.node(part)),
        )
    }
  }

  /** "seed 1" is the seed 1: the name of a column of numbers and a number after it belong together. */
  private withValues(nodes: readonly QueryNode[]): QueryNode[] {
    const found: QueryNode[] = []
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at] as QueryNode
      const value = nodes[at + 1]
      const named = node.kind === 'not' ? node.node : node
      const pair = named.kind === 'words' && value?.kind === 'words' ? this.pair(named, value) : null
      if (pair) at += 1
      found.push(pair ? (node.kind === 'not' ? { ...node, node: pair, to: pair.to } : pair) : node)
    }
    return found
  }

  private pair(name: WordsNode, value: WordsNode): ColumnNode | null {
    if (name.exact || value.exact || !/^[+-]?\.?\d/.test(value.text)) return null
    const numeric = this.columns.find(name.text).filter(({ kind }) => kind !== 'text' && kind !== 'state')
    const values = value.text.split(',').map((text) => ({ ...value, text, quoted: false }))
    const usable = values.every(({ text }) => numeric.some(({ kind }) => rangeOf(text, kind, this.now) !== null))
    return numeric.length === 0 || !usable
      ? null
      : { kind: 'column', name: name.text, operator: ':', values, from: name.from, to: value.to }
  }

  private column(node: ColumnNode): Condition | null {
    const name = node.name.toLowerCase()
    if (name === 'is') return this.is(node)
    if (name === 'has') return this.has(node)
    const found = this.columns.find(node.name)
    if (found.length === 0) return this.unknown(node, node.name)
    if (found.some(({ id }) => id === 'archived')) {
      this.archive = true
      if (node.values.some(({ text }) => text.toLowerCase() === 'any')) return null
    }
    const condition = joined('or', [this.numbers(node, found), this.texts(node, found)])
    if (!condition) {
      const [{ kind }] = found as [QueryColumn]
      this.fault(node, `"${node.name}" wants ${exampleOf(kind)}, not "${shown(node.values)}".`)
      return null
    }
    if (node.operator !== '!=') return condition
    // It has a value, and another one.
    const has: Condition = { kind: 'has', columns: found.map(({ id }) => id) }
    return { kind: 'and', conditions: [has, { kind: 'not', condition }] }
  }

  /** Columns of one name may be of several kinds: each takes the values that it can read. */
  private numbers({ operator, values }: ColumnNode, found: readonly QueryColumn[]): Condition | null {
    const conditions = found
      .filter(({ kind }) => kind !== 'text' && kind !== 'state')
      .map(({ id, kind }): Condition | null => {
        const ranges = values.flatMap(({ text }) => this.range(text, kind, operator) ?? [])
        return ranges.length === 0 ? null : { kind: 'numbers', columns: [id], ranges }
      })
    return joined('or', conditions)
  }

  private range(text: string, kind: QueryColumn['kind'], operator: QueryOperator): NumberRange | null {
    const age = kind === 'time' ? ageOf(text) : null
    if (age !== null) return ageRange(this.now - age, operator)
    const range = rangeOf(text, kind, this.now)
    if (!range) return null
    const compares = operator !== ':' && operator !== '=' && operator !== '!='
    if (compares || kind !== 'share' || text.includes('..')) return comparedRange(range, operator)
    const half = shownShare(text)
    return { low: (range.low ?? 0) - half, high: (range.high ?? 0) + half, includesLow: true, includesHigh: false }
  }

  private texts({ operator, values }: ColumnNode, found: readonly QueryColumn[]): Condition | null {
    if (operator.includes('<') || operator.includes('>')) return null
    const conditions = found
      .filter(({ kind }) => kind === 'text' || kind === 'state')
      .map(({ id, kind, list }): Condition => {
        const whole = operator !== ':' || kind === 'state' || list === true
        return { kind: 'texts', columns: [id], texts: values.map(({ text }) => ({ text, whole })) }
      })
    return joined('or', conditions)
  }

  private is(node: ColumnNode): Condition | null {
    return joined(
      'or',
      node.values.map((value) => {
        const known = isWords[value.text.toLowerCase()]
        if (value.text.toLowerCase() === 'archived') this.archive = true
        if (!known) this.fault(value, `There is no "is:${value.text}". Known: ${Object.keys(isWords).join(', ')}.`)
        return known?.condition ?? null
      }),
    )
  }

  private has(node: ColumnNode): Condition | null {
    return joined(
      'or',
      node.values.map((value) => {
        const found = this.columns.find(value.text)
        if (found.length === 0) return this.unknown(value, value.text)
        return { kind: 'has', columns: found.map(({ id }) => id) }
      }),
    )
  }

  private unknown(place: { from: number; to: number }, name: string): null {
    const near = this.columns.near(name)
    this.fault(place, `There is no column "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}.`)
    return null
  }

  private fault({ from, to }: { from: number; to: number }, message: string): void {
    this.faults.push({ from, to, message: message.replace('?.', '?') })
  }
}

/** Younger than an age is later than a moment. */
function ageRange(moment: number, operator: QueryOperator): NumberRange {
  const younger = operator === '<' || operator === '<=' || operator === ':' || operator === '='
  return younger
    ? { low: moment, high: null, includesLow: operator !== '<', includesHigh: false }
    : { low: null, high: moment, includesLow: false, includesHigh: operator === '>=' }
}

const shown = (values: readonly WrittenValue[]): string => values.map(({ text }) => text).join(',')

function joined(kind: 'and' | 'or', parts: readonly (Condition | null)[]): Condition | null {
  const conditions = parts.filter((part) => part !== null)
  const [first] = conditions
  return first === undefined ? null : conditions.length === 1 ? first : { kind, conditions }
}

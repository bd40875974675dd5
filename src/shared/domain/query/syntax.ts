/** What a query is made of, as it was written. The language in words: docs/tables.md. */

/** From the first character to the one after the last. */
export interface Span {
  readonly from: number
  readonly to: number
}

export type QueryOperator = ':' | '=' | '!=' | '<' | '<=' | '>' | '>='

/** One value of a list, without its quotes. */
export interface WrittenValue extends Span {
  readonly text: string
  readonly quoted: boolean
}

/** Words of names, notes, tags and members. `exact`: written in quotes. */
export interface WordsNode extends Span {
  readonly kind: 'words'
  readonly text: string
  readonly exact: boolean
}

export interface ColumnNode extends Span {
  readonly kind: 'column'
  readonly name: string
  readonly operator: QueryOperator
  /** At least one. */
  readonly values: readonly WrittenValue[]
}

export interface NotNode extends Span {
  readonly kind: 'not'
  readonly node: QueryNode
}

export interface JoinNode extends Span {
  readonly kind: 'and' | 'or'
  readonly nodes: readonly QueryNode[]
}

export type QueryNode = WordsNode | ColumnNode | NotNode | JoinNode

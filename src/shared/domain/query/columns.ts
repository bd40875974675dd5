/** Which columns a name in a query stands for. */
import { nearest } from '../../nearest'
import type { TableColumn } from '../table'

export interface QueryColumn extends Pick<TableColumn, 'id' | 'kind'> {
  /** Further names: the letter that formulas give it, and everyday words. */
  readonly names?: readonly string[]
  /** Of several values, as tags: a value is one of them, whole. */
  readonly list?: boolean
}

export interface QueryColumns {
  /** All that the name stands for: a whole name first, else every path that ends in it. */
  find(name: string): readonly QueryColumn[]
  /** The known name that this one was perhaps meant to be. */
  near(name: string): string | undefined
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

export function queryColumns(columns: readonly QueryColumn[]): QueryColumns {
  const [whole, endings] = [new Map<string, QueryColumn[]>(), new Map<string, QueryColumn[]>()]
  const add = (map: Map<string, QueryColumn[]>, name: string, column: QueryColumn): void => {
    const key = name.toLowerCase()
    const known = map.get(key)
    if (!known) map.set(key, [column])
    else if (!known.includes(column)) known.push(column)
  }
  for (const column of columns) {
    add(whole, column.id, column)
    const parts = column.id.split('.')
    for (let from = 1; from < parts.length; from++) add(endings, parts.slice(from).join('.'), column)
    for (const name of column.names ?? []) add(endings, name, column)
  }
  return {
    find: (name) => whole.get(name.toLowerCase()) ?? endings.get(name.toLowerCase()) ?? [],
    near: (name) =>
      nearest(name, [...new Set([...columns.map(({ id }) => id), ...columns.map(({ id }) => lastPart(id))])]),
  }
}

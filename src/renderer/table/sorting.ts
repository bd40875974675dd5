import type { TableOrder } from '@shared/domain'
import { isNumeric } from './cellText'
import type { GridColumn } from './types'

/** Of numbers and times one looks for the highest first, of words for "a". */
const firstDescending = ({ kind }: GridColumn): boolean => isNumeric(kind) || kind === 'time'

/**
 * The order after a column's head was pressed: its usual direction, then the other, then none.
 * @param added with Shift: after the columns that order already
 */
export function pressed(order: readonly TableOrder[], column: GridColumn, added: boolean): TableOrder[] {
  const known = order.find((entry) => entry.column === column.id)
  const first = firstDescending(column)
  const others = added ? order.filter((entry) => entry !== known) : []
  if (known === undefined) return [...others, { column: column.id, descending: first }].slice(-8)
  if ((known.descending ?? false) !== first) return others
  const turned = { column: column.id, descending: !first }
  return added ? order.map((entry) => (entry === known ? turned : entry)) : [turned]
}

/** The containers that a pickle makes and fills, each counted against the machine's bounds. */
import type { Machine } from './program'
import { refusePickle } from './refusal'
import { describeValue, type PickleValue } from './values'

export function tuple(machine: Machine, items: PickleValue[]): void {
  const value = { kind: 'tuple' as const, items, weight: 1, depth: 0 }
  machine.chargeObject()
  machine.grow(value, items)
  machine.push(value)
}

export function list(machine: Machine, items: PickleValue[]): void {
  const value = { kind: 'list' as const, items: [], weight: 1, depth: 0 }
  // A list has room for more than it holds.
  machine.chargeObject()
  machine.chargeObject()
  machine.push(value)
  append(machine, items)
}

export function append(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top()
  if (target === null || typeof target !== 'object' || (target.kind !== 'list' && target.kind !== 'opaque')) {
    throw refusePickle('The pickle appends to something that is no list.', {
      wanted: 'a list',
      got: describeValue(target),
      at: machine.cursor.at,
    })
  }
  machine.grow(target, items)
  if (target.kind === 'list') for (const item of items) target.items.push(item)
}

export function dict(machine: Machine, pairs: PickleValue[]): void {
  machine.chargeObject()
  machine.push({ kind: 'dict', pairs: [], weight: 1, depth: 0 })
  setItems(machine, pairs)
}

export function setItems(machine: Machine, pairs: readonly PickleValue[]): void {
  const target = machine.top()
  if (pairs.length % 2 !== 0)
    throw refusePickle('The pickle sets a key without a value.', { wanted: 'keys and values', at: machine.cursor.at })
  if (target === null || typeof target !== 'object' || (target.kind !== 'dict' && target.kind !== 'opaque')) {
    throw refusePickle('The pickle sets items of something that is no dictionary.', {
      wanted: 'a dictionary',
      got: describeValue(target),
      at: machine.cursor.at,
    })
  }
  machine.grow(target, pairs)
  if (target.kind === 'dict') for (const item of pairs) target.pairs.push(item)
}

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

export const append = (machine: Machine, items: readonly PickleValue[]): void =>
  fill(machine, items, { kind: 'list', refusal: 'The pickle appends to something that is no list.', wanted: 'a list' })

export function dict(machine: Machine, pairs: PickleValue[]): void {
  machine.chargeObject()
  machine.push({ kind: 'dict', pairs: [], weight: 1, depth: 0 })
  setItems(machine, pairs)
}

export function setItems(machine: Machine, pairs: readonly PickleValue[]): void {
  if (pairs.length % 2 !== 0)
    throw refusePickle('The pickle sets a key without a value.', { wanted: 'keys and values', at: machine.cursor.at })
  fill(machine, pairs, {
    kind: 'dict',
    refusal: 'The pickle sets items of something that is no dictionary.',
    wanted: 'a dictionary',
  })
}

interface Filled {
  readonly kind: 'list' | 'dict'
  readonly refusal: string
  readonly wanted: string
}

/** Puts values into the container on top; those of opaque data are only counted. */
function fill(machine: Machine, values: readonly PickleValue[], { kind, refusal, wanted }: Filled): void {
  const target = machine.top()
  if (target === null || typeof target !== 'object' || (target.kind !== kind && target.kind !== 'opaque'))
    throw refusePickle(refusal, { wanted, got: describeValue(target), at: machine.cursor.at })
  machine.grow(target, values)
  if (target.kind === 'opaque') return
  const held = target.kind === 'list' ? target.items : target.pairs
  for (const value of values) held.push(value)
}

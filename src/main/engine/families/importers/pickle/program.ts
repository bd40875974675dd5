import type { Cursor } from './cursor'
import type { Measured, PickleValue } from './values'

/** `made`: an object of a class; `called`: a class or function with arguments. */
export type ForeignUse = 'made' | 'called'

export type LoadPersistent = (id: PickleValue) => PickleValue

export interface Machine {
  readonly cursor: Cursor
  readonly memo: Map<number, PickleValue>
  readonly loadPersistent: LoadPersistent
  push(value: PickleValue): void
  pop(): PickleValue
  /** The topmost value, which stays. */
  top(): PickleValue
  mark(): void
  /** Removes and returns everything above the last mark. */
  popMark(): PickleValue[]
  /** POP removes a mark when nothing lies above it. */
  dropTop(): void
  remember(index: number): void
  /** Counts work against the program's budget. */
  charge(items: number): void
  /** Takes down that an object of an unknown name was made: by `__new__` alone, or by calling the name. */
  noteForeign(name: string, how: ForeignUse): void
  /** Counts a new object. */
  chargeObject(): void
  /** Adds children's bounds to a container and counts them as work; refuses expansion and deep nesting. */
  grow(container: Measured, children: readonly PickleValue[]): void
}

/** The restricted pickle machine: a stack, marks and a memo over our own values, with bounds on all of them. */
import { importLimits, pickleLimits, type PickleLimits } from '../../../weights/importLimits'
import { createCursor, type Cursor } from './cursor'
import { opcodeHandlers } from './opcodes'
import { refusePickle, stackImages } from './refusal'
import { measureOf, type PickleValue } from './values'
import type { ForeignUse, LoadPersistent, Machine } from './program'

export interface PickleProgram {
  value: PickleValue
  /** Unknown names that objects were made of. */
  foreign: ReadonlyMap<string, ForeignUse>
  /** First byte after STOP. */
  end: number
}

const stop = 0x2e
const largestExpansion = 2 ** 26

/**
 * Runs one pickle program from `start` to its STOP.
 * @throws RefusedInputError at the first thing that is not allowed: unknown names, opcodes or shapes of data, or bounds
 *   passed
 */
export function runPickle(bytes: Buffer, start: number, loadPersistent: LoadPersistent): PickleProgram {
  const program = interpret(bytes, start, loadPersistent)
  for (;;) {
    const piece = program.next()
    if (piece.done) return piece.value
  }
}

/** As `runPickle`, letting others work now and then: lists of 50,000 names take longer than control may block. */
export async function runPickleInPieces(
  bytes: Buffer,
  start: number,
  loadPersistent: LoadPersistent,
  yielding: { due(): boolean; pause(): Promise<void> },
): Promise<PickleProgram> {
  const program = interpret(bytes, start, loadPersistent)
  for (;;) {
    const piece = program.next()
    if (piece.done) return piece.value
    if (yielding.due()) await yielding.pause()
  }
}

const operationsPerPiece = 4096

function* interpret(bytes: Buffer, start: number, loadPersistent: LoadPersistent): Generator<void, PickleProgram> {
  const limits = pickleLimits(bytes.length)
  const foreign = new Map<string, ForeignUse>()
  const machine = createMachine({ cursor: createCursor(bytes, start), loadPersistent, limits, foreign })
  for (let count = 0; count < limits.opcodes; count++) {
    const at = machine.cursor.at
    const opcode = machine.cursor.byte()
    if (opcode === stop) {
      machine.cursor.endFrame()
      return { value: machine.pop(), foreign, end: machine.cursor.at }
    }
    const handler = opcodeHandlers[opcode]
    if (!handler)
      throw refusePickle('The pickle has an operation that is not allowed.', {
        wanted: 'operations of protocols 0 to 4',
        got: `0x${opcode.toString(16).padStart(2, '0')}`,
        at,
      })
    handler(machine)
    if (count % operationsPerPiece === operationsPerPiece - 1) yield
  }
  throw refusePickle('The pickle is longer than any checkpoint.', {
    wanted: `at most ${limits.opcodes} operations`,
    got: 'more',
    at: machine.cursor.at,
  })
}

interface MachineParts {
  readonly cursor: Cursor
  readonly loadPersistent: LoadPersistent
  readonly limits: PickleLimits
  readonly foreign: Map<string, ForeignUse>
}

function createMachine({ cursor, loadPersistent, limits, foreign }: MachineParts): Machine {
  const memo = new Map<number, PickleValue>()
  const stack = createStack(cursor)
  const charge = createMeter(cursor, limits.work)
  return {
    cursor,
    memo,
    loadPersistent,
    ...stack,
    charge,
    noteForeign(name, how) {
      if (how === 'called' || !foreign.has(name)) foreign.set(name, how)
      if (foreign.size > importLimits.pickleForeignNames)
        throw refusePickle('The pickle has objects of too many classes.', {
          wanted: `at most ${importLimits.pickleForeignNames}`,
          at: cursor.at,
        })
    },
    chargeObject: () => charge(importLimits.pickleObjectWork),
    remember(index) {
      memo.set(index, stack.top())
      if (memo.size > limits.memo)
        throw refusePickle('The pickle remembers too many values.', {
          wanted: `at most ${limits.memo}`,
          at: cursor.at,
        })
    },
    grow(container, children) {
      charge(children.length)
      for (const child of children) {
        const { weight, depth, holdsTensors } = measureOf(child)
        if (holdsTensors) container.holdsTensors = true
        container.weight += weight
        container.depth = Math.max(container.depth, depth + 1)
      }
      if (container.weight > largestExpansion)
        throw refusePickle('The pickle repeats itself beyond bounds.', {
          wanted: `at most ${largestExpansion} values written out`,
          got: 'more',
          at: cursor.at,
        })
      if (container.depth > importLimits.pickleDepth)
        throw refusePickle('The pickle is nested too deeply.', {
          wanted: `at most ${importLimits.pickleDepth} levels`,
          got: 'more',
          at: cursor.at,
        })
    },
  }
}

/** Counts the work of one program, and refuses beyond the bound. */
function createMeter(cursor: Cursor, most: number): Machine['charge'] {
  let work = 0
  return (items) => {
    work += items
    if (work > most)
      throw refusePickle('The pickle makes more work than any checkpoint.', {
        wanted: `at most ${most} items moved or copied`,
        got: 'more',
        at: cursor.at,
        action: stackImages,
      })
  }
}

/** Values and marks; nothing below the last mark can be taken. */
function createStack(cursor: Cursor): Pick<Machine, 'top' | 'pop' | 'popMark' | 'push' | 'mark' | 'dropTop'> {
  const values: PickleValue[] = []
  const marks: number[] = []
  const base = (): number => marks.at(-1) ?? 0
  function top(): PickleValue {
    const value = values.at(-1)
    if (value === undefined || values.length <= base())
      throw refusePickle('The pickle takes more from its stack than it put there.', {
        wanted: 'a value',
        at: cursor.at,
      })
    return value
  }
  function popMark(): PickleValue[] {
    const start = marks.pop()
    if (start === undefined)
      throw refusePickle('The pickle closes a group that it did not open.', { wanted: 'a mark', at: cursor.at })
    return values.splice(start)
  }
  return {
    top,
    popMark,
    pop() {
      const value = top()
      values.pop()
      return value
    },
    push(value) {
      if (values.length >= importLimits.pickleStack)
        throw refusePickle('The pickle piles up too many values.', {
          wanted: `at most ${importLimits.pickleStack}`,
          at: cursor.at,
        })
      values.push(value)
    },
    mark() {
      if (marks.length >= importLimits.pickleStack)
        throw refusePickle('The pickle opens too many groups.', {
          wanted: `at most ${importLimits.pickleStack}`,
          at: cursor.at,
        })
      marks.push(values.length)
    },
    dropTop() {
      if (values.length > base()) values.pop()
      else popMark()
    },
  }
}

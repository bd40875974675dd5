/**
 * Pickle operations of protocols 0 to 4 (CPython Lib/pickletools.py), one handler each. Left out on purpose: extension
 * registry (EXT1 …), out-of-band buffers (NEXT_BUFFER …) and text persistent ids, which PyTorch never writes.
 */
import { importLimits } from '../../../weights/importLimits'
import { build, construct, opaque } from './construct'
import { append, dict, list, setItems, tuple } from './containers'
import { resolveGlobal } from './globals'
import type { Machine } from './program'
import { refusePickle } from './refusal'
import { escapedText, quotedText, textFloat, textIndex, textInteger, textLong } from './textValues'
import { describeValue, type PickleValue } from './values'

type Handler = (machine: Machine) => void

const code = (character: string): number => character.charCodeAt(0)

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index)
  if (value === undefined)
    throw refusePickle('The pickle refers to a value that it never stored.', {
      got: `memo ${index}`,
      at: machine.cursor.at,
    })
  machine.push(value)
}

/** Numbers that take more than their place in a list. */
function number(machine: Machine, value: PickleValue): void {
  machine.charge(importLimits.pickleNumberWork)
  machine.push(value)
}

function float(machine: Machine, value: number): void {
  if (!Number.isInteger(value)) return number(machine, value)
  machine.charge(importLimits.pickleFloatWork)
  machine.push({ kind: 'float', value })
}

function longInteger(machine: Machine, length: number): void {
  const value = machine.cursor.integer(length)
  machine.charge(length)
  machine.push(value)
}

function stackGlobal(machine: Machine): void {
  const attribute = machine.pop()
  const module = machine.pop()
  if (typeof attribute !== 'string' || typeof module !== 'string')
    throw refusePickle('The pickle loads a name that is no text.', {
      got: `${describeValue(module)}, ${describeValue(attribute)}`,
      at: machine.cursor.at,
    })
  machine.push(resolveGlobal(module, attribute, machine.cursor.at))
}

function instance(machine: Machine): void {
  const { cursor } = machine
  const callee = resolveGlobal(cursor.line(), cursor.line(), cursor.at)
  tuple(machine, machine.popMark())
  construct(machine, callee, machine.pop())
}

function object(machine: Machine): void {
  const [callee, ...args] = machine.popMark()
  tuple(machine, args)
  construct(machine, callee ?? null, machine.pop())
}

function newObjectWithKeywords(machine: Machine): void {
  machine.pop()
  const args = machine.pop()
  construct(machine, machine.pop(), args, 'made')
}

function text(machine: Machine, value: string): void {
  machine.charge(importLimits.pickleTextWork)
  machine.push(value)
}

/** Bytes of an array are text in protocols 0 to 2: too long for a name, they stay in the program. */
function utf8(machine: Machine, length: number): void {
  if (length <= importLimits.nameBytes) return text(machine, machine.cursor.utf8(length))
  const { at } = machine.cursor
  machine.cursor.skip(length)
  machine.chargeObject()
  machine.push({ kind: 'bytes', at, length, utf8: true })
}

function bytes(machine: Machine, length: number): void {
  const { at } = machine.cursor
  machine.cursor.skip(length)
  machine.chargeObject()
  machine.push({ kind: 'bytes', at, length })
}

function protocol(machine: Machine): void {
  const version = machine.cursor.byte()
  if (version > 5)
    throw refusePickle('The pickle protocol is unknown.', {
      wanted: '0 to 5',
      got: `${version}`,
      at: machine.cursor.at,
    })
}

const textOpcodes: [number, Handler][] = [
  [code('I'), (machine) => number(machine, textInteger(machine.cursor))],
  [code('L'), (machine) => number(machine, textLong(machine.cursor))],
  [code('F'), (machine) => float(machine, textFloat(machine.cursor))],
  [code('S'), (machine) => text(machine, quotedText(machine.cursor))],
  [code('V'), (machine) => text(machine, escapedText(machine.cursor))],
  [code('p'), (machine) => machine.remember(textIndex(machine.cursor))],
  [code('g'), (machine) => recall(machine, textIndex(machine.cursor))],
]

const scalarOpcodes: [number, Handler][] = [
  [code('N'), (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  [code('J'), (machine) => machine.push(machine.cursor.signed32())],
  [code('K'), (machine) => machine.push(machine.cursor.unsigned(1))],
  [code('M'), (machine) => machine.push(machine.cursor.unsigned(2))],
  [0x8a, (machine) => longInteger(machine, machine.cursor.unsigned(1))],
  [0x8b, (machine) => longInteger(machine, machine.cursor.unsigned(4))],
  [code('G'), (machine) => float(machine, machine.cursor.float64())],
  [code('X'), (machine) => utf8(machine, machine.cursor.unsigned(4))],
  [0x8c, (machine) => utf8(machine, machine.cursor.unsigned(1))],
  [0x8d, (machine) => utf8(machine, machine.cursor.length8())],
  [code('U'), (machine) => text(machine, machine.cursor.latin1(machine.cursor.unsigned(1)))],
  [
    code('T'),
    (machine) => {
      // Python 2 wrote the bytes of arrays as text.
      const length = machine.cursor.unsigned(4)
      if (length > importLimits.nameBytes) bytes(machine, length)
      else text(machine, machine.cursor.latin1(length))
    },
  ],
  [code('C'), (machine) => bytes(machine, machine.cursor.unsigned(1))],
  [code('B'), (machine) => bytes(machine, machine.cursor.unsigned(4))],
  [0x8e, (machine) => bytes(machine, machine.cursor.length8())],
  [0x96, (machine) => bytes(machine, machine.cursor.length8())],
]

const containerOpcodes: [number, Handler][] = [
  [code(')'), (machine) => tuple(machine, [])],
  [code('t'), (machine) => tuple(machine, machine.popMark())],
  [0x85, (machine) => tuple(machine, [machine.pop()])],
  [
    0x86,
    (machine) => {
      const second = machine.pop()
      tuple(machine, [machine.pop(), second])
    },
  ],
  [
    0x87,
    (machine) => {
      const third = machine.pop()
      const second = machine.pop()
      tuple(machine, [machine.pop(), second, third])
    },
  ],
  [code(']'), (machine) => list(machine, [])],
  [code('l'), (machine) => list(machine, machine.popMark())],
  [
    code('a'),
    (machine) => {
      const item = machine.pop()
      append(machine, [item])
    },
  ],
  [
    code('e'),
    (machine) => {
      const items = machine.popMark()
      append(machine, items)
    },
  ],
  [code('}'), (machine) => dict(machine, [])],
  [code('d'), (machine) => dict(machine, machine.popMark())],
  [
    code('s'),
    (machine) => {
      const value = machine.pop()
      const key = machine.pop()
      setItems(machine, [key, value])
    },
  ],
  [
    code('u'),
    (machine) => {
      const pairs = machine.popMark()
      setItems(machine, pairs)
    },
  ],
  [
    0x8f,
    (machine) => {
      machine.chargeObject()
      machine.push(opaque('builtins.set', { weight: 1, depth: 0 }))
    },
  ],
  [
    0x90,
    (machine) => {
      const items = machine.popMark()
      append(machine, items)
    },
  ],
  [
    0x91,
    (machine) => {
      const value = { kind: 'opaque' as const, className: 'builtins.frozenset', weight: 1, depth: 0 }
      machine.chargeObject()
      machine.grow(value, machine.popMark())
      machine.push(value)
    },
  ],
]

const stackOpcodes: [number, Handler][] = [
  [0x80, protocol],
  [0x95, (machine) => machine.cursor.frame(machine.cursor.length8())],
  [code('('), (machine) => machine.mark()],
  [code('0'), (machine) => machine.dropTop()],
  [
    code('1'),
    (machine) => {
      machine.popMark()
    },
  ],
  [code('2'), (machine) => machine.push(machine.top())],
  [code('q'), (machine) => machine.remember(machine.cursor.unsigned(1))],
  [code('r'), (machine) => machine.remember(machine.cursor.unsigned(4))],
  [0x94, (machine) => machine.remember(machine.memo.size)],
  [code('h'), (machine) => recall(machine, machine.cursor.unsigned(1))],
  [code('j'), (machine) => recall(machine, machine.cursor.unsigned(4))],
]

const objectOpcodes: [number, Handler][] = [
  [
    code('c'),
    (machine) => {
      const { cursor } = machine
      machine.push(resolveGlobal(cursor.line(), cursor.line(), cursor.at))
    },
  ],
  [0x93, stackGlobal],
  [
    code('R'),
    (machine) => {
      const args = machine.pop()
      construct(machine, machine.pop(), args)
    },
  ],
  [
    0x81,
    (machine) => {
      const args = machine.pop()
      construct(machine, machine.pop(), args, 'made')
    },
  ],
  [0x92, newObjectWithKeywords],
  [code('i'), instance],
  [code('o'), object],
  [code('b'), build],
  [
    code('Q'),
    (machine) => {
      machine.chargeObject()
      machine.push(machine.loadPersistent(machine.pop()))
    },
  ],
]

/** Indexed by the operation's byte; a hole is an operation that is refused. */
export const opcodeHandlers: readonly (Handler | undefined)[] = (() => {
  const table: (Handler | undefined)[] = new Array<Handler | undefined>(256).fill(undefined)
  for (const [opcode, handler] of [
    ...textOpcodes,
    ...scalarOpcodes,
    ...containerOpcodes,
    ...stackOpcodes,
    ...objectOpcodes,
  ]) {
    if (table[opcode]) throw new Error(`Two handlers for pickle operation ${opcode}.`)
    table[opcode] = handler
  }
  return table
})()

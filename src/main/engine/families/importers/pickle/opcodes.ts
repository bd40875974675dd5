/**
 * Pickle operations of protocols 0 to 4 (CPython Lib/pickletools.py), one handler each. Left out on purpose: extension
 * registry (EXT1 …), out-of-band buffers (NEXT_BUFFER …) and text persistent ids, which PyTorch never writes.
 */
import { importLimits } from '../../../weights/importLimits'
import { quoteFromFile } from '../../../weights/fileText'
import { ExhaustiveError } from '../../../../../shared/errors'
import { narrow } from './cursor'
import { keepsArguments, keepsState, resolveGlobal } from './globals'
import type { ForeignUse, Machine } from './program'
import { refusePickle } from './refusal'
import { describeValue, type Measured, type PickleOpaque, type PickleTuple, type PickleValue } from './values'

type Handler = (machine: Machine) => void

const code = (character: string): number => character.charCodeAt(0)

function tuple(machine: Machine, items: PickleValue[]): void {
  const value = { kind: 'tuple' as const, items, weight: 1, depth: 0 }
  machine.chargeObject()
  machine.grow(value, items)
  machine.push(value)
}

function list(machine: Machine, items: PickleValue[]): void {
  const value = { kind: 'list' as const, items: [], weight: 1, depth: 0 }
  // A list has room for more than it holds.
  machine.chargeObject()
  machine.chargeObject()
  machine.push(value)
  append(machine, items)
}

function append(machine: Machine, items: readonly PickleValue[]): void {
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

function dict(machine: Machine, pairs: PickleValue[]): void {
  machine.chargeObject()
  machine.push({ kind: 'dict', pairs: [], weight: 1, depth: 0 })
  setItems(machine, pairs)
}

function setItems(machine: Machine, pairs: readonly PickleValue[]): void {
  const target = machine.top()
  if (pairs.length % 2 !== 0) throw refusePickle('The pickle sets a key without a value.', { at: machine.cursor.at })
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

/** Calls a known function on our values, or keeps the result as opaque data. */
function construct(machine: Machine, callee: PickleValue, args: PickleValue, how: ForeignUse = 'called'): void {
  const { at } = machine.cursor
  if (callee === null || typeof callee !== 'object' || callee.kind !== 'global') {
    throw refusePickle('The pickle calls something that is no known function.', {
      wanted: 'a known name',
      got: describeValue(callee),
      at,
    })
  }
  if (args === null || typeof args !== 'object' || args.kind !== 'tuple') {
    throw refusePickle('The pickle calls a function without a tuple of arguments.', {
      wanted: 'a tuple',
      got: describeValue(args),
      at,
    })
  }
  const { meaning, name } = callee
  machine.chargeObject()
  switch (meaning.kind) {
    case 'call':
      machine.push(meaning.call(args.items, machine.charge))
      return
    case 'dictionary':
      machine.push(dictionaryOf(machine, args.items))
      return
    case 'constructor':
      machine.push(constructed(machine, args))
      return
    case 'foreign':
      machine.noteForeign(name, how)
      machine.push(opaque(name, args, true))
      return
    case 'opaque':
      // The tuple has its bounds already; a memoised one is not walked again.
      machine.push(keepsArguments(name) ? { ...opaque(name, args), args: args.items } : opaque(name, args))
      return
    case 'dtype':
    case 'storageType':
      throw refusePickle(`The pickle calls ${quoteFromFile(name)}, which is not a function.`, { got: name, at })
    default:
      throw new ExhaustiveError(meaning)
  }
}

function opaque(className: string, { weight, depth, holdsTensors = false }: Measured, foreign = false): PickleOpaque {
  return { kind: 'opaque', className, weight, depth, holdsTensors, foreign }
}

/** `copyreg._reconstructor(class, base, state)` and its kin: an object or a dictionary of the class. */
function constructed(machine: Machine, args: PickleTuple): PickleValue {
  const [made] = args.items
  if (made === undefined || made === null || typeof made !== 'object' || made.kind !== 'global')
    throw refusePickle('The pickle makes an object of something that is no class.', {
      wanted: 'a class',
      got: describeValue(made),
      at: machine.cursor.at,
    })
  if (made.meaning.kind === 'dictionary') return dictionaryOf(machine, [])
  if (made.meaning.kind !== 'foreign') return opaque(made.name, args)
  machine.noteForeign(made.name, 'made')
  return opaque(made.name, args, true)
}

/**
 * Python 2 wrote `OrderedDict([[key, value], …])`; later ones fill an empty one, and other classes take what they are
 * to do for absent keys.
 */
function dictionaryOf(machine: Machine, args: readonly PickleValue[]): PickleValue {
  const value = { kind: 'dict' as const, pairs: [] as PickleValue[], weight: 1, depth: 0 }
  const [items] = args
  if (items === undefined || items === null || typeof items !== 'object' || items.kind !== 'list') return value
  for (const pair of items.items) {
    if (
      pair === null ||
      typeof pair !== 'object' ||
      (pair.kind !== 'tuple' && pair.kind !== 'list') ||
      pair.items.length !== 2
    ) {
      throw refusePickle('An ordered dictionary has an entry that is no pair.', {
        wanted: 'key and value',
        got: describeValue(pair),
        at: machine.cursor.at,
      })
    }
    machine.grow(value, pair.items)
    for (const item of pair.items) value.pairs.push(item)
  }
  return value
}

/**
 * BUILD hands state to an object: attributes of a state_dict or tensor are dropped, those of opaque data are counted,
 * and kept for NumPy's arrays and types.
 */
function build(machine: Machine): void {
  const state = machine.pop()
  const target = machine.top()
  const allowed =
    target !== null &&
    typeof target === 'object' &&
    (target.kind === 'dict' || target.kind === 'tensor' || target.kind === 'opaque')
  if (!allowed)
    throw refusePickle('The pickle sets the state of something that has none.', {
      wanted: 'a dictionary, tensor or opaque object',
      got: describeValue(target),
      at: machine.cursor.at,
    })
  if (target.kind !== 'opaque') return
  machine.grow(target, [state])
  if (hasLayers(state)) target.isModule = true
  if (keepsState(target.className)) target.state = state
}

/** The attributes of a network's object: `_parameters` and `_modules`. */
function hasLayers(state: PickleValue): boolean {
  return (
    state !== null &&
    typeof state === 'object' &&
    state.kind === 'dict' &&
    state.pairs.some((key, index) => index % 2 === 0 && (key === '_modules' || key === '_parameters'))
  )
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index)
  if (value === undefined)
    throw refusePickle('The pickle refers to a value that it never stored.', {
      got: `memo ${index}`,
      at: machine.cursor.at,
    })
  machine.push(value)
}

function decimal(machine: Machine, text: string): number {
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text))
    throw refusePickle('The pickle has a malformed number.', { got: quoteFromFile(text), at: machine.cursor.at })
  return value
}

function textInteger(machine: Machine, text: string): PickleValue {
  if (text === '00') return false
  if (text === '01') return true
  if (!/^-?\d{1,64}L?$/.test(text))
    throw refusePickle('The pickle has a malformed number.', { got: quoteFromFile(text), at: machine.cursor.at })
  return narrow(BigInt(text.replace('L', '')))
}

/** Numbers that take more than their place in a list. */
function number(machine: Machine, value: PickleValue): void {
  machine.charge(importLimits.pickleNumberWork)
  machine.push(value)
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
  [code('I'), (machine) => number(machine, textInteger(machine, machine.cursor.line()))],
  [code('L'), (machine) => number(machine, textInteger(machine, machine.cursor.line()))],
  [code('F'), (machine) => number(machine, Number.parseFloat(machine.cursor.line()))],
  [code('S'), (machine) => text(machine, machine.cursor.line().replace(/^(['"])(.*)\1$/, '$2'))],
  [
    code('V'),
    (machine) =>
      text(
        machine,
        machine.cursor
          .line()
          .replace(/\\u([0-9a-fA-F]{4})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
      ),
  ],
  [code('p'), (machine) => machine.remember(decimal(machine, machine.cursor.line()))],
  [code('g'), (machine) => recall(machine, decimal(machine, machine.cursor.line()))],
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
  [code('G'), (machine) => number(machine, machine.cursor.float64())],
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
  // A frame only groups bytes; the claim is checked, the grouping ignored.
  [
    0x95,
    (machine) => {
      machine.cursor.length8()
    },
  ],
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

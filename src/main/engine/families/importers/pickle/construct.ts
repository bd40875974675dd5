/** What a pickle calls and builds: functions of ours on values of ours, everything else as data that is counted. */
import { ExhaustiveError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { keepsArguments, keepsState } from './globals'
import type { ForeignUse, Machine } from './program'
import { refusePickle } from './refusal'
import { describeValue, type Measured, type PickleOpaque, type PickleTuple, type PickleValue } from './values'

/** Calls a known function on our values, or keeps the result as opaque data. */
export function construct(machine: Machine, callee: PickleValue, args: PickleValue, how: ForeignUse = 'called'): void {
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

export function opaque(
  className: string,
  { weight, depth, holdsTensors = false }: Measured,
  foreign = false,
): PickleOpaque {
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
 * and kept for NumPy's arrays and types and for data sets of tensors.
 */
export function build(machine: Machine): void {
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

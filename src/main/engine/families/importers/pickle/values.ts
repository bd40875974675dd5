/** What a pickle program may leave behind: plain data of our own types. Nothing of the file's classes is ever built. */
import type { WeightDtype } from '../../../weights/weightMap'

/** Bounds kept on every container, so that sharing ("billion laughs") and nesting cannot outgrow the file. */
export interface Measured {
  /** Values below this one if sharing were written out. */
  weight: number
  depth: number
  /** Tensors lie in it, at any depth. */
  holdsTensors?: boolean
}

export interface PickleTuple extends Measured {
  kind: 'tuple'
  items: readonly PickleValue[]
}
export interface PickleList extends Measured {
  kind: 'list'
  items: PickleValue[]
}
/** Keys and values in turn, in order of arrival; equal keys are not merged. */
export interface PickleDict extends Measured {
  kind: 'dict'
  pairs: PickleValue[]
}
/** An object whose class we know by name only; its contents are counted, not kept. */
export interface PickleOpaque extends Measured {
  kind: 'opaque'
  className: string
  /** Its class is none of the known ones. */
  foreign?: boolean
  /** A network as an object: its state has parameters and layers. */
  isModule?: boolean
  /** Of NumPy arrays, their types and data sets of tensors alone: what BUILD handed them. */
  state?: PickleValue
  /** Of what NumPy arrays are made of alone: what it was made with. */
  args?: readonly PickleValue[]
}
/** Bytes, or text too long for a name; they stay in the program. */
export interface PickleBytes {
  kind: 'bytes'
  at: number
  length: number
  /** They are text in UTF-8, unchecked: Python 3 writes bytes so in protocols 0 to 2, one character a byte. */
  utf8?: boolean
}
/** A floating-point number without a fraction: where Python wants a whole number, 4.0 is none. */
export interface PickleFloat {
  kind: 'float'
  value: number
}
export interface PickleGlobal {
  kind: 'global'
  name: string
  meaning: GlobalMeaning
}

/** A flat run of elements in the file that tensors look into. */
export interface PickleStorage {
  kind: 'storage'
  key: string
  /** Null: untyped, counted in bytes. */
  dtype: WeightDtype | null
  /** Elements of the whole storage. */
  count: number
  /** First element of the view, for old files whose storages are views of others. */
  offset: number
  /** Elements of the view. */
  length: number
}

export interface PickleTensor {
  kind: 'tensor'
  storage: PickleStorage
  dtype: WeightDtype
  /** In elements, from the first element of the storage. */
  offset: number
  shape: readonly number[]
  strides: readonly number[]
}

/** Numbers are whole ones and those with a fraction; NaN and infinities are numbers. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleOpaque
  | PickleBytes
  | PickleFloat
  | PickleGlobal
  | PickleStorage
  | PickleTensor

/** Counts items that are looked at against the program's budget. */
export type Charge = (items: number) => void

/** What a known global stands for. */
export type GlobalMeaning =
  | { kind: 'storageType'; dtype: WeightDtype | null }
  | { kind: 'dtype'; dtype: WeightDtype }
  | { kind: 'dictionary' }
  /** A helper of pickle that makes an object of the class that is its first argument. */
  | { kind: 'constructor' }
  /** Of no known class or function: its objects are kept as data too, and reported. */
  | { kind: 'foreign' }
  /** A function that maps its arguments to one of our values. */
  | { kind: 'call'; call: (args: readonly PickleValue[], charge: Charge) => PickleValue }
  /** Its objects are kept as data and skipped without a word. */
  | { kind: 'opaque' }

const plainMeasure: Readonly<Measured> = { weight: 1, depth: 0 }
const tensorMeasure: Readonly<Measured> = { weight: 1, depth: 0, holdsTensors: true }

/** `weight` and `depth` of a value; 1 and 0 for whatever contains nothing. */
export function measureOf(value: PickleValue): Readonly<Measured> {
  if (value === null || typeof value !== 'object') return plainMeasure
  if (value.kind === 'tensor') return tensorMeasure
  return 'weight' in value ? value : plainMeasure
}

/** A few words for messages. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (typeof value !== 'object') return typeof value
  return value.kind === 'opaque' || value.kind === 'global'
    ? `${value.kind} ${value.kind === 'opaque' ? value.className : value.name}`
    : value.kind
}

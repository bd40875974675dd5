/** Assembles pickle programs operation by operation. */
type Part = Buffer | string

/** Strings are taken byte for byte. */
export const program = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))

export const proto = '\x80\x02'
export const mark = '('
export const tuple = 't'
export const reduce = 'R'
export const stop = '.'
export const emptyDict = '}'
export const emptyList = ']'
export const emptyTuple = ')'
export const setItems = 'u'
export const persistent = 'Q'

export const globalName = (module: string, name: string): string => `c${module}\n${name}\n`
export const put = (index: number): Buffer => Buffer.from([0x71, index])
export const get = (index: number): Buffer => Buffer.from([0x68, index])

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.from([0x58, 0, 0, 0, 0])
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** LONG1, big enough for anything. */
export function integer(value: number | bigint): Buffer {
  const bytes = Buffer.from([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const number = BigInt(value)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, number), 2)
  bytes[10] = Number(BigInt.asUintN(8, number >> 64n))
  return bytes
}

export const tupleOf = (...parts: Part[]): Buffer => program(mark, ...parts, tuple)
export const numbers = (...values: (number | bigint)[]): Buffer => tupleOf(...values.map(integer))

export interface StorageOptions {
  tag?: Part
  type?: Part
  key?: Part
  count?: number | bigint
  view?: Part
}

export function storage({
  tag = text('storage'),
  type = globalName('torch', 'FloatStorage'),
  key = text('0'),
  count = 4,
  view,
}: StorageOptions = {}): Buffer {
  return program(tupleOf(tag, type, key, text('cpu'), integer(count), view ?? ''), persistent)
}

export interface TensorOptions {
  from?: Part
  offset?: number | bigint
  size?: Part
  stride?: Part
}

/** `_rebuild_tensor_v2` of four float32 elements unless told otherwise. */
export function tensor({
  from = storage(),
  offset = 0,
  size = numbers(4),
  stride = numbers(1),
}: TensorOptions = {}): Buffer {
  return program(
    globalName('torch._utils', '_rebuild_tensor_v2'),
    tupleOf(from, integer(offset), size, stride, '\x89', globalName('collections', 'OrderedDict'), emptyTuple, reduce),
    reduce,
  )
}

/** A dictionary of alternating keys and values. */
export const dictOf = (...parts: Part[]): Buffer => program(emptyDict, mark, ...parts, setItems)

/** A whole program: protocol 2, the value, STOP. */
export const pickled = (...parts: Part[]): Buffer => program(proto, ...parts, stop)

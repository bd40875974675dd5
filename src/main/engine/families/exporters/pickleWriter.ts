/** Writes the one kind of pickle that a state_dict needs: protocol 2, an OrderedDict from names to tensors. */
import { ExhaustiveError } from '../../../../shared/errors'
import { elementCount, type WeightDtype, type WeightMap, type WeightTensor } from '../../weights/weightMap'

/** PyTorch's storage class of each type. */
const storageOf: Record<WeightDtype, string> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
}

/** The pickle of `OrderedDict([(name, tensor), …])`; the i-th tensor's storage has the key i. */
export function pickleStateDict(tensors: WeightMap): Buffer {
  const parts: Buffer[] = [Buffer.from([0x80, 2]), global('collections', 'OrderedDict'), Buffer.from(')R(', 'latin1')]
  let key = 0
  for (const [name, tensor] of tensors) {
    parts.push(text(name), tensorValue(tensor, key))
    key += 1
  }
  parts.push(Buffer.from('u.', 'latin1'))
  return Buffer.concat(parts)
}

/** torch._utils._rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict()). */
function tensorValue({ dtype, shape, data }: WeightTensor, key: number): Buffer {
  const persistentId = [
    mark(),
    text('storage'),
    global('torch', storageOf[dtype]),
    text(String(key)),
    text('cpu'),
    integer(data.length),
    tupleEnd(),
    Buffer.from('Q', 'latin1'),
  ]
  return Buffer.concat([
    global('torch._utils', '_rebuild_tensor_v2'),
    mark(),
    ...persistentId,
    integer(0),
    integers(shape),
    integers(contiguousStrides(shape)),
    Buffer.from([0x89]),
    global('collections', 'OrderedDict'),
    Buffer.from(')R', 'latin1'),
    tupleEnd(),
    Buffer.from('R', 'latin1'),
  ])
}

/** Row-major strides in elements, as PyTorch gives them to a new tensor. */
export function contiguousStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1).map((extent) => Math.max(extent, 1))))
}

const mark = (): Buffer => Buffer.from('(', 'latin1')
const tupleEnd = (): Buffer => Buffer.from('t', 'latin1')
const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`, 'latin1')
const integers = (values: readonly number[]): Buffer => Buffer.concat([mark(), ...values.map(integer), tupleEnd()])

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  const head = Buffer.alloc(5)
  head.write('X', 'latin1')
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

type IntegerWidth = 'byte' | 'short' | 'word' | 'long'

function widthOf(value: number): IntegerWidth {
  if (value < 2 ** 8) return 'byte'
  if (value < 2 ** 16) return 'short'
  return value < 2 ** 31 ? 'word' : 'long'
}

/** BININT1, BININT2, BININT or LONG1, for whole numbers from 0. */
function integer(value: number): Buffer {
  const width = widthOf(value)
  switch (width) {
    case 'byte':
      return Buffer.from([0x4b, value])
    case 'short':
      return Buffer.from([0x4d, value & 0xff, value >> 8])
    case 'word': {
      const bytes = Buffer.from([0x4a, 0, 0, 0, 0])
      bytes.writeInt32LE(value, 1)
      return bytes
    }
    case 'long': {
      const bytes = Buffer.concat([Buffer.from([0x8a, 8]), Buffer.alloc(8)])
      bytes.writeBigInt64LE(BigInt(value), 2)
      return bytes
    }
    default:
      throw new ExhaustiveError(width)
  }
}

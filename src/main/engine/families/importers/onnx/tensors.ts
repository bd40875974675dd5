/** Tensors of an ONNX file: weights as places in it, whole numbers and single values as they are. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { graphLimits, type OnnxConstant } from '../../../weights/onnxGraph'
import { rowMajorStrides, type StoredTensor } from '../../../weights/stored'
import { bytesPer, elementCount, toFloat32, viewAs, type WeightDtype } from '../../../weights/weightMap'
import { integersIn, textOf, type WireField, type WireFile } from './wire'

/** onnx.proto, TensorProto. */
const fields = {
  dims: 1,
  type: 2,
  segment: 3,
  floats: 4,
  int32s: 5,
  strings: 6,
  int64s: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  externalData: 13,
  location: 14,
} as const

const floatTypes: ReadonlyMap<number, WeightDtype> = new Map([
  [1, 'float32'],
  [10, 'float16'],
  [11, 'float64'],
  [16, 'bfloat16'],
])
const wholeTypes: ReadonlyMap<number, WeightDtype> = new Map([
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
])

export interface ReadTensor {
  readonly name: string
  /** Of floating-point numbers. */
  readonly stored?: StoredTensor
  /** Of whole numbers, and of a single floating-point number. */
  readonly constant?: Omit<OnnxConstant, 'name'>
}

const one = (list: readonly WireField[], number: number): WireField | undefined =>
  list.findLast((field) => field.number === number)

/** @param place where it lies, for messages; its own name is added */
export async function readTensorMessage(file: WireFile, message: WireField, place: string): Promise<ReadTensor> {
  const list = await file.message(message)
  const all = (number: number): WireField[] => list.filter((field) => field.number === number)
  const nameField = one(list, fields.name)
  const name = nameField ? textOf(file.small(nameField, 'a name')) : ''
  const where = name === '' ? place : `${place} ${quoteFromFile(name)}`
  const refuse = (wanted: string, got: string, action?: string): never => {
    throw new RefusedInputError('A tensor of this ONNX file is not read.', { wanted, got, where, action })
  }
  if (one(list, fields.location)?.value === 1 || all(fields.externalData).length > 0)
    refuse('weights inside the file', 'a name of another file', 'Export with external_data=False; up to 2 GB fit.')
  if (all(fields.segment).length > 0) refuse('whole tensors', 'a segment of one')
  const shape = integersIn(all(fields.dims), graphLimits.rank, 'axes of a tensor')
  if (shape.some((extent) => !(extent >= 0 && extent < 2 ** 31))) refuse('extents from 0', shape.join(' × '))
  const type = one(list, fields.type)?.value ?? 0
  const count = elementCount(shape)
  const float = floatTypes.get(type)
  if (float) {
    const stored = placed(float, shape, count, { file, all, refuse })
    return count === 1 ? { name, stored, constant: await singleOf(file, stored) } : { name, stored }
  }
  const whole = wholeTypes.get(type)
  if (!whole)
    return refuse(
      'numbers as float32, float16, bfloat16, float64, int64, int32 or bool',
      `ONNX's element type ${type}`,
      'Bring the network before it was quantised.',
    )
  if (count > graphLimits.constantValues) refuse(`at most ${graphLimits.constantValues} whole numbers`, String(count))
  const values = await wholeNumbers(file, whole, all)
  if (values.length !== count) refuse(`${count} numbers for [${shape.join(', ')}]`, String(values.length))
  return { name, constant: { type: whole === 'bool' ? 'bool' : 'int64', shape, values } }
}

interface Parts {
  readonly file: WireFile
  readonly all: (number: number) => WireField[]
  readonly refuse: (wanted: string, got: string, action?: string) => never
}

/** Where the values lie, one after the other. */
function placed(dtype: WeightDtype, shape: number[], count: number, { all, refuse }: Parts): StoredTensor {
  const typed = dtype === 'float32' ? fields.floats : dtype === 'float64' ? fields.doubles : undefined
  const found = [...all(fields.raw), ...(typed === undefined ? [] : all(typed))].filter(({ length }) => length > 0)
  const bytes = count * bytesPer(dtype)
  const [only] = found
  if (count === 0) refuse('tensors with values', `extents ${shape.join(' × ')}`)
  if (!only || found.length !== 1 || only.length !== bytes)
    return refuse(
      `${bytes} bytes in one piece for ${dtype} [${shape.join(', ')}]`,
      found.length === 1 ? `${only?.length ?? 0} bytes` : `${found.length} pieces`,
    )
  return { dtype, shape, strides: rowMajorStrides(shape), at: only.at }
}

async function singleOf(file: WireFile, stored: StoredTensor): Promise<Omit<OnnxConstant, 'name'>> {
  const data = viewAs(stored.dtype, await file.read(stored.at, bytesPer(stored.dtype)))
  return { type: 'float32', shape: [...stored.shape], values: [...toFloat32({ ...stored, data })] }
}

async function wholeNumbers(file: WireFile, dtype: WeightDtype, all: Parts['all']): Promise<number[]> {
  const [raw] = all(fields.raw)
  if (!raw)
    return integersIn([...all(fields.int64s), ...all(fields.int32s)], graphLimits.constantValues, 'whole numbers')
  const size = bytesPer(dtype)
  if (raw.length > graphLimits.constantValues * size) return []
  const bytes = raw.bytes ?? (await file.read(raw.at, raw.length))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(raw.length / size) }, (_, index) => {
    const at = index * size
    return size === 8 ? Number(view.getBigInt64(at, true)) : size === 4 ? view.getInt32(at, true) : view.getUint8(at)
  })
}

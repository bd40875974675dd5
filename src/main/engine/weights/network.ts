/** Between a network's variables and PyTorch's state_dict: names, layouts, and what to say when they do not fit. */
import { ExhaustiveError, RefusedInputError } from '../../../shared/errors'
import { quoteFromFile } from './fileText'
import { elementCount, float32Tensor, toFloat32, type WeightMap, type WeightTensor } from './weightMap'
import { assignValues } from '../maths/nn/variables'
import type { NetworkState, Parameter, ParameterLayout } from '../maths/nn/types'

const namesShown = 5
const quoted = (names: readonly string[]): string => list(names.map(quoteFromFile))
const list = (names: readonly string[]): string =>
  names.length <= namesShown
    ? names.join(', ')
    : `${names.slice(0, namesShown).join(', ')} and ${names.length - namesShown} more`
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** The permutation that takes a tensor of `shape` to axes in the order `axes`. */
function transposed(data: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_extent, axis) => elementCount(shape.slice(axis + 1)))
  const extents = axes.map((axis) => shape[axis] ?? 1)
  const steps = axes.map((axis) => strides[axis] ?? 0)
  const out = new Float32Array(data.length)
  const index = new Array<number>(axes.length).fill(0)
  for (let position = 0, source = 0; position < out.length; position++) {
    out[position] = data[source] ?? 0
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1
      source += steps[axis] ?? 0
      if ((index[axis] ?? 0) < (extents[axis] ?? 1)) break
      source -= (extents[axis] ?? 1) * (steps[axis] ?? 0)
      index[axis] = 0
    }
  }
  return out
}

/** How a parameter lies in memory: the axes view of the variable, and the file's axes in terms of them. */
interface LayoutView {
  readonly memory: readonly number[]
  readonly toFile: readonly number[]
  readonly fileShape: readonly number[]
}

function viewOf(parameter: Parameter): LayoutView {
  const { shape } = parameter.variable
  const [height, width, channels] = parameter.image ?? [1, 1, 1]
  const permuted = (toFile: readonly number[]): LayoutView => ({
    memory: shape,
    toFile,
    fileShape: toFile.map((axis) => shape[axis] ?? 1),
  })
  const { layout } = parameter
  switch (layout) {
    case 'linearToImage': {
      const inputs = shape[0] ?? 1
      return {
        memory: [inputs, height, width, channels],
        toFile: [3, 1, 2, 0],
        fileShape: [channels * height * width, inputs],
      }
    }
    case 'biasToImage':
      return { memory: [height, width, channels], toFile: [2, 0, 1], fileShape: [channels * height * width] }
    case 'linearFromImage': {
      const outputs = shape[1] ?? 1
      return {
        memory: [height, width, channels, outputs],
        toFile: [3, 2, 0, 1],
        fileShape: [outputs, channels * height * width],
      }
    }
    default:
      return permuted(fileAxesOf(layout, shape.length) ?? [])
  }
}

/**
 * The axes of a file's tensor in terms of the variable's, e.g. [3, 2, 0, 1] of filters; null where they are no
 * permutation of these (the layouts of flattened images).
 */
export function fileAxesOf(layout: ParameterLayout, rank: number): readonly number[] | null {
  switch (layout) {
    case 'convolution':
      return [3, 2, 0, 1]
    case 'depthwise':
      return [2, 3, 0, 1]
    case 'linear':
      return [1, 0]
    case 'plain':
    case 'count':
      return Array.from({ length: rank }, (_, axis) => axis)
    case 'linearToImage':
    case 'biasToImage':
    case 'linearFromImage':
      return null
    default:
      throw new ExhaustiveError(layout)
  }
}

/** The parameter's shape in a file. */
export const fileShapeOf = (parameter: Parameter): readonly number[] => viewOf(parameter).fileShape

/** Values in memory order to file order. */
export function toFileOrder(parameter: Parameter, values: Float32Array): Float32Array {
  const { memory, toFile } = viewOf(parameter)
  return transposed(values, memory, toFile)
}

/** Values in file order to memory order. */
export function toMemoryOrder(parameter: Parameter, values: Float32Array): Float32Array {
  const { memory, toFile } = viewOf(parameter)
  const fileAxes = toFile.map((axis) => memory[axis] ?? 1)
  const toMemory = memory.map((_extent, axis) => toFile.indexOf(axis))
  return transposed(values, fileAxes, toMemory)
}

const entries = (network: Pick<NetworkState, 'parameters' | 'buffers'>): Parameter[] => [
  ...network.parameters,
  ...network.buffers,
]

/** The network's state under PyTorch's names, in PyTorch's layouts; `num_batches_tracked` as int64. */
export function weightsOf(network: Pick<NetworkState, 'parameters' | 'buffers'>): WeightMap {
  return new Map(
    entries(network).map((parameter): [string, WeightTensor] => {
      const values = parameter.variable.dataSync() as Float32Array
      if (parameter.layout === 'count')
        return [
          parameter.name,
          {
            dtype: 'int64',
            shape: parameter.variable.shape,
            data: BigInt64Array.from(values, (value) => BigInt(Math.round(value))),
          },
        ]
      return [parameter.name, float32Tensor(fileShapeOf(parameter), toFileOrder(parameter, values))]
    }),
  )
}

/**
 * Takes over a state_dict. Nothing is changed unless everything fits.
 * Strict: each parameter and buffer must be there in its shape, and nothing else; only `num_batches_tracked` (absent in
 * files of old PyTorch) may be missing.
 * @param where the file or checkpoint, for messages
 * @throws RefusedInputError naming what is missing, unexpected or of another shape
 */
export function loadWeights(
  network: Pick<NetworkState, 'parameters' | 'buffers'>,
  weights: WeightMap,
  where?: string,
): void {
  const wanted = entries(network)
  const names = new Set(wanted.map((parameter) => parameter.name))
  const missing = wanted
    .filter((parameter) => !weights.has(parameter.name) && parameter.layout !== 'count')
    .map((parameter) => parameter.name)
  const unexpected = [...weights.keys()].filter((name) => !names.has(name))
  if (missing.length > 0 || unexpected.length > 0) {
    throw new RefusedInputError('The weights belong to another architecture.', {
      wanted: `${wanted.length} tensors named as this architecture names them${missing.length > 0 ? `; missing: ${list(missing)}` : ''}`,
      got: unexpected.length > 0 ? `unexpected: ${quoted(unexpected)}` : `${weights.size} tensors`,
      where,
      action: 'Choose the architecture (depth, width, classes) that the file was saved from.',
    })
  }
  const wrong = wanted.filter((parameter) => {
    const tensor = weights.get(parameter.name)
    return tensor !== undefined && tensor.shape.join() !== fileShapeOf(parameter).join()
  })
  const [first] = wrong
  if (first) {
    throw new RefusedInputError('The weights have other shapes than this architecture.', {
      wanted: `${first.name} of shape ${shapeText(fileShapeOf(first))}`,
      got: `${shapeText(weights.get(first.name)?.shape ?? [])}${wrong.length > 1 ? `; ${wrong.length - 1} more differ` : ''}`,
      where,
      action: 'Choose the width, depth and number of classes that the file was saved with.',
    })
  }
  for (const parameter of wanted) {
    const tensor = weights.get(parameter.name)
    if (tensor) assignValues(parameter.variable, toMemoryOrder(parameter, toFloat32(tensor)))
  }
}

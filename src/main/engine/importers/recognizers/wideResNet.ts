/**
 * WRN-d-k with the reference's names: conv1, block{1,2,3}.layer.{i}.{bn1,conv1,bn2,conv2,convShortcut}, bn1, fc.
 * d = 6n + 4 with n units per block; k from block 1's channels 16k; classes from fc.weight [classes, 64k].
 * Reference: Zagoruyko & Komodakis 2016, arXiv:1605.07146, table 1; names of ABD's zskt/models/wresnet.py.
 */
import type { WeightMap } from '../weights'
import { compareWithExpectation, type ArchitectureRecognizer, type Expectation } from './types'

const stemChannels = 16
const firstUnit = 'block1.layer.0.conv1.weight'

interface WideResNetShape {
  units: number
  width: number
  classes: number
  inputs: number
}

export const wideResNetRecognizer: ArchitectureRecognizer = {
  id: 'wrn',
  match: (tensors) => tensors.has(firstUnit) && tensors.has('fc.weight') && [...tensors.keys()].some((name) => name.startsWith('block3.layer.')),
  recognize(tensors) {
    const shape = deduce(tensors)
    if (!shape) return { kind: 'mismatch', title: 'a wide residual network', differences: compareWithExpectation(tensors, expectationOf(nearest(tensors))) }
    const depth = 6 * shape.units + 4
    const title = `WRN-${depth}-${shape.width}`
    const differences = compareWithExpectation(tensors, expectationOf(shape))
    if (differences.length > 0) return { kind: 'mismatch', title, differences }
    const notes = [...expectationOf(shape).shapes.keys()].some((name) => isCounter(name) && !tensors.has(name))
      ? ['num_batches_tracked is absent, as in files before PyTorch 0.4.1; it starts at 0.'] : []
    if (shape.inputs !== 3) notes.push(`The first layer takes ${shape.inputs} channels.`)
    return { kind: 'recognized', architecture: { id: 'wrn', title, params: { depth, width: shape.width, classes: shape.classes } }, notes }
  },
}

const isCounter = (name: string): boolean => name.endsWith('.num_batches_tracked')

function deduce(tensors: WeightMap): WideResNetShape | null {
  const shape = nearest(tensors)
  const whole = Number.isInteger(shape.width) && shape.width >= 1 && shape.units >= 1 && shape.classes >= 1
  return whole ? shape : null
}

/** What the names suggest, even where it makes no network. */
function nearest(tensors: WeightMap): WideResNetShape {
  const units = new Set([...tensors.keys()].map((name) => /^block1\.layer\.(\d{1,3})\./.exec(name)?.[1]).filter((index) => index !== undefined))
  const channels = tensors.get('block1.layer.0.bn2.weight')?.shape[0] ?? tensors.get(firstUnit)?.shape[0] ?? stemChannels
  return {
    units: units.size,
    width: channels / stemChannels,
    classes: tensors.get('fc.bias')?.shape[0] ?? tensors.get('fc.weight')?.shape[0] ?? 0,
    inputs: inputsOf(tensors),
  }
}

/** The file may hold the stem in another layout; then the usual three channels are expected. */
function inputsOf(tensors: WeightMap): number {
  const [out, inputs, height, width] = tensors.get('conv1.weight')?.shape ?? []
  return out === stemChannels && height === 3 && width === 3 ? inputs ?? 3 : 3
}

function expectationOf({ units, width, classes, inputs }: WideResNetShape): Expectation {
  const shapes = new Map<string, readonly number[]>([['conv1.weight', [stemChannels, inputs, 3, 3]]])
  let channels = stemChannels
  for (const block of [1, 2, 3]) {
    const outputs = 16 * width * 2 ** (block - 1)
    for (let unit = 0; unit < units; unit++) {
      addUnit(shapes, `block${block}.layer.${unit}`, channels, outputs)
      channels = outputs
    }
  }
  addBatchNorm(shapes, 'bn1', channels)
  shapes.set('fc.weight', [classes, channels])
  shapes.set('fc.bias', [classes])
  return { shapes, optional: isCounter }
}

function addUnit(shapes: Map<string, readonly number[]>, name: string, inputs: number, outputs: number): void {
  addBatchNorm(shapes, `${name}.bn1`, inputs)
  shapes.set(`${name}.conv1.weight`, [outputs, inputs, 3, 3])
  addBatchNorm(shapes, `${name}.bn2`, outputs)
  shapes.set(`${name}.conv2.weight`, [outputs, outputs, 3, 3])
  if (inputs !== outputs) shapes.set(`${name}.convShortcut.weight`, [outputs, inputs, 1, 1])
}

function addBatchNorm(shapes: Map<string, readonly number[]>, name: string, channels: number): void {
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${part}`, [channels])
  shapes.set(`${name}.num_batches_tracked`, [])
}

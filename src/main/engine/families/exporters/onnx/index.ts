/**
 * ONNX: the forward pass with its weights in one file, for ONNX Runtime and others.
 * Operator set 17, IR version 8. Input `images` [N, C, H, W] (or [N, H, W, C]), output `logits` [N, classes]; any N.
 */
import { choice, type ValuesOf } from '../../../../../shared/schema'
import { UserError } from '../../../../../shared/errors'
import { writeAtomically } from '../../../weights/atomicFile'
import { defineExporter, type ModelProgram } from '../types'
import { elementOperations } from './elements'
import { leadingBatch, plainOrder } from '../../../graph/axes'
import { imageOrder, OnnxGraph, type Value } from './graph'
import { imageOperations } from './images'
import { encodeModel } from './messages'
import { metadataOf, titleOf } from './metadata'
import { productOperations } from './products'
import { shapeOperations } from './shapes'
import { Operation, valueOf, type Translate, type Translated } from './translation'

const params = {
  layout: choice({
    label: 'Images',
    default: 'nchw',
    help: 'Order of the axes of the input.',
    options: [
      { value: 'nchw', label: 'N, C, H, W', help: 'Channels first, as PyTorch has them.' },
      { value: 'nhwc', label: 'N, H, W, C', help: 'Channels last, as TensorFlow and picture files have them.' },
    ],
  }),
  normalization: choice({
    label: 'Normalisation',
    default: 'outside',
    help: 'Whether the model subtracts mean and divides by deviation itself.',
    options: [
      {
        value: 'outside',
        label: 'Before the model',
        help: 'The input is normalised; mean and deviation are in the metadata.',
      },
      { value: 'inside', label: 'Inside the model', help: 'The input is pixels from 0 to 1.' },
    ],
  }),
}
type OnnxParameters = ValuesOf<typeof params>

const translations: Readonly<Record<string, Translate>> = {
  ...imageOperations,
  ...elementOperations,
  ...productOperations,
  ...shapeOperations,
}

/** The whole file. */
export function encodeOnnx(model: ModelProgram, values: OnnxParameters): Uint8Array {
  const { input, program } = model
  const graph = new OnnxGraph(program.batch)
  const images = normalized(graph, inputValue(model, values.layout), model, values.normalization)
  const results: (readonly Value[])[] = []
  const translated: Translated = { graph, model, images, values: results }
  for (const [index, node] of program.nodes.entries()) {
    const operation = new Operation(translated, index, node)
    const translate = translations[node.op]
    results.push(translate ? translate(operation) : operation.refuse(node.op))
  }
  const [logits] = program.outputs
  const value = logits && valueOf(translated, logits.source)
  if (!value) throw new UserError('The forward pass of this network gives no logits.', { got: 'no output' })
  const output = graph.tensor('Identity', [graph.plain(value).name], {}, 'logits')
  const { height, width, channels } = input
  return encodeModel({
    name: titleOf(model),
    ...metadataOf(model, values),
    nodes: graph.nodes.map((node) => ({
      ...node,
      outputs: node.outputs.map((name) => (name === output ? 'logits' : name)),
    })),
    initializers: graph.initializers,
    input: {
      name: 'images',
      extents: values.layout === 'nchw' ? ['N', channels, height, width] : ['N', height, width, channels],
    },
    output: { name: 'logits', extents: ['N', value.shape[1] ?? 0] },
  })
}

function inputValue({ input: { height, width, channels }, program }: ModelProgram, layout: string): Value {
  return {
    name: 'images',
    shape: [program.batch, height, width, channels],
    order: layout === 'nchw' ? imageOrder : plainOrder(4),
    batch: leadingBatch,
  }
}

/** x = (pixel − mean) / standardDeviation, where the model does it itself. */
function normalized(
  graph: OnnxGraph,
  images: Value,
  { input: { normalization } }: ModelProgram,
  place: OnnxParameters['normalization'],
): Value {
  if (place === 'outside') return images
  const { mean, standardDeviation } = normalization
  const shape = images.order.map((axis) => (axis === 3 ? mean.length : 1))
  const centred = graph.tensor('Sub', [images.name, graph.floats(mean, shape)], {}, 'mean')
  const name = graph.tensor('Div', [centred, graph.floats(standardDeviation, shape)], {}, 'deviation')
  return { ...images, name }
}

export const onnx = defineExporter({
  id: 'onnx',
  title: 'ONNX',
  summary: 'The network with its weights, for ONNX Runtime and others; any number of images at once.',
  extensions: ['.onnx'],
  reference: { citation: 'ONNX, operator set 17', link: 'https://github.com/onnx/onnx', place: 'docs/Operators.md' },
  needs: 'program',
  params,
  write: (path, model, values) => writeAtomically(path, [encodeOnnx(model, values)]),
})

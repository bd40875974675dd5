/**
 * A network that an ONNX file describes. Its graph lies beside its weights, so it comes only with a file; what is
 * known of it without the file (size, cost, levels) are its parameters.
 */
import { boolean, integer, text, type ValuesOf } from '../../../../../shared/schema'
import { RefusedInputError } from '../../../../../shared/errors'
import { defineArchitecture, type Level, type WeightShapes } from '../types'
import { createGraphClassifier } from './classifier'
import type { OnnxGraph } from '../../../weights/onnxGraph'
import { planGraph, type PlannedGraph } from './network'
import { valuesPerImage, type Planner } from './plan'

const count = (label: string, help: string) =>
  integer({ label, help, default: 0, min: 0, max: 2 ** 50, advanced: true })

const params = {
  kind: text({ label: 'Kind', default: 'graph', maxLength: 40, help: 'What its operations make of it.' }),
  nodes: count('Nodes', 'Operations of the file.'),
  convolutions: count('Convolutions', 'Operations of the file that are convolutions.'),
  parameters: count('Parameters', 'Trainable numbers.'),
  multiplyAdds: count('Multiply-adds', 'Of one image’s forward pass.'),
  batchNorm: boolean({ label: 'Batch norm', default: true, help: 'Whether the file keeps its batch-norm layers.' }),
  normChannels: count('Channels of batch norms', 'All together.'),
  levels: text({
    label: 'Levels',
    default: '',
    maxLength: 200,
    pattern: '^(\\d+x\\d+( \\d+x\\d+)*)?$',
    help: 'Sizes of the images between its stages, which attention transfer compares.',
  }),
}
export type OnnxParameters = ValuesOf<typeof params>

const onlyFromFile = (): never => {
  throw new RefusedInputError('This network comes only with its file.', {
    wanted: 'an ONNX file as the teacher',
    got: 'a network without its graph',
    action: 'Choose another architecture, or bring the teacher as a file.',
  })
}

export const onnxGraph = defineArchitecture({
  id: 'onnx_graph',
  title: 'ONNX graph',
  summary: 'The network that an ONNX file describes, run by the kernels of all networks here.',
  reference: { citation: 'ONNX, Open Neural Network Exchange', link: 'https://onnx.ai', place: 'docs/Operators.md' },
  params,
  onlyFromFile: true,
  batchNorm: { parameter: 'batchNorm' },
  create: (_values, { graph, ...problem }) =>
    graph ? createGraphClassifier(planGraph(graph.graph, graph.shapes, problem.height), problem) : onlyFromFile(),
  cost: ({ parameters, multiplyAdds }) => ({ parameters, multiplyAdds }),
  contrastivePoints: ({ normChannels }) => [normChannels],
  outline: ({ levels }) => ({ shapes: new Map(), firstConvolution: '', lastLinear: '', levels: levelsIn(levels) }),
  candidates: () => [],
  label: ({ kind, nodes, convolutions }) =>
    `ONNX ${kind}${nodes === 0 ? '' : `, ${nodes} nodes, ${convolutions} ${convolutions === 1 ? 'convolution' : 'convolutions'}`}`,
})

const levelsIn = (text: string): Level[] =>
  text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const [height = 0, width = 0] = part.split('x').map(Number)
      return { height, width }
    })

export interface GraphDescription {
  readonly params: OnnxParameters
  readonly plan: PlannedGraph
}

/** The member's parameters for a graph, and what there is to say about it. */
export function describeGraph(graph: OnnxGraph, shapes: WeightShapes, side?: number): GraphDescription {
  const plan = planGraph(graph, shapes, side)
  const { planner, levels } = plan
  const convolutions = graph.nodes.filter(({ operator }) => operator === 'Conv').length
  const trained = planner.parameters.filter(({ trainable }) => trainable)
  const params: OnnxParameters = {
    kind: kindOf(planner.seen, convolutions),
    nodes: graph.nodes.length,
    convolutions,
    parameters: trained.reduce((sum, { shape }) => sum + valuesPerImage({ shape, batch: null }), 0),
    multiplyAdds: planner.multiplyAdds,
    batchNorm: planner.norms.length > 0,
    normChannels: planner.norms.reduce((sum, { channels }) => sum + channels, 0),
    levels: levels.map(({ height, width }) => `${height}x${width}`).join(' '),
  }
  return { params, plan }
}

/** What most people would call such a network. */
function kindOf({ sums, joins, attentions }: Planner['seen'], convolutions: number): string {
  if (attentions > 1) return 'graph like a transformer'
  if (joins > convolutions / 3) return 'graph like a DenseNet'
  return sums > 2 ? 'graph like a ResNet' : 'graph'
}

/** A whole graph planned: from its input, images, to its one output of logits. */
import { RefusedInputError } from '../../../../../shared/errors'
import { isLeading, leadingBatch, plainOrder } from '../../../graph/axes'
import { quoteFromFile } from '../../../weights/fileText'
import type { WeightShapes } from '../types'
import { actionForOperators, OperatorCall, placeOf, type Network } from './call'
import { folds, shapeFolds } from './fold'
import type { OnnxAttribute, OnnxGraph, OnnxNode } from '../../../weights/onnxGraph'
import { operators, type AttributeRule } from './operators'
import { imageOrder, plannedBatch, Planner, type Level, type PlanValue, type TensorValue } from './plan'

export interface PlannedGraph {
  readonly planner: Planner
  readonly classes: number
  readonly channels: number
  readonly height: number
  readonly width: number
  /** How the file has its images. */
  readonly layout: 'NCHW' | 'NHWC'
  /** Takes images of any size; the plan is for `height` and `width`. */
  readonly anySize: boolean
  readonly logits: TensorValue
  /** What the last linear layer sees, where that is a vector. */
  readonly features: TensorValue | undefined
  /** Ends of stages, the largest images first. */
  readonly levels: readonly Level[]
  /** A Softmax (or its logarithm) at the end, which was taken away. */
  readonly removed: 'Softmax' | 'LogSoftmax' | null
  readonly fixedBatch: number | null
}

const usualSide = 32
const operatorSets = { lowest: 7, highest: 25 }

/**
 * @param shapes of the weights, as the file has them
 * @param side of the images, where the file leaves it open
 * @throws RefusedInputError naming node, operator and attribute of what is not supported
 */
export function planGraph(graph: OnnxGraph, shapes: WeightShapes, side?: number): PlannedGraph {
  if (graph.operatorSet < operatorSets.lowest || graph.operatorSet > operatorSets.highest)
    throw new RefusedInputError('The operator set of this ONNX file is not read.', {
      wanted: `${operatorSets.lowest} to ${operatorSets.highest}`,
      got: String(graph.operatorSet),
      action: 'Export with opset_version=17.',
    })
  const input = inputOf(graph, side)
  const planner = new Planner()
  const images: TensorValue = {
    kind: 'tensor',
    slot: planner.newSlot(),
    shape:
      input.layout === 'NCHW'
        ? [plannedBatch, input.channels, input.height, input.width]
        : [plannedBatch, input.height, input.width, input.channels],
    order: input.layout === 'NCHW' ? imageOrder : plainOrder(4),
    batch: leadingBatch,
  }
  const values = valuesOf(graph, shapes)
  values.set(graph.input.name, images)
  const { operatorSet } = graph
  const network: Network = { operatorSet, planner, fixedBatch: input.fixedBatch, value: (name) => values.get(name) }
  const needed = neededNodes(graph)
  for (const node of graph.nodes) if (needed.has(node)) planNode(network, node, values)
  const end = endOf(graph, values)
  const logits = planner.plain(end.logits)
  return {
    planner,
    ...input,
    classes: logits.shape[1] ?? 0,
    logits,
    features: featuresOf(graph, end.name, values),
    levels: levelsOf(planner.levels, images.slot),
    removed: end.removed,
  }
}

function valuesOf(graph: OnnxGraph, shapes: WeightShapes): Map<string, PlanValue> {
  const values = new Map<string, PlanValue>()
  for (const [name, shape] of shapes) values.set(name, { kind: 'weight', name, shape })
  for (const { name, ...constant } of graph.constants) values.set(name, { kind: 'known', ...constant })
  return values
}

interface Input {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly layout: 'NCHW' | 'NHWC'
  readonly anySize: boolean
  readonly fixedBatch: number | null
}

const mostPixels = 4_096

function inputOf({ input: { name, extents }, nodes }: OnnxGraph, side = usualSide): Input {
  const where = `input ${quoteFromFile(name)}`
  const refuse = (wanted: string, got: string): never => {
    throw new RefusedInputError('The input of this ONNX file is not images.', { wanted, got, where })
  }
  const [images = null, second = null, third = null, last = null] = extents
  if (extents.length !== 4) return refuse('[N, C, H, W] or [N, H, W, C]', `${extents.length} axes`)
  const channels = (extent: number | null): extent is number => extent === 1 || extent === 3
  const turned = nodes.some(
    ({ operator, inputs, attributes }) =>
      operator === 'Transpose' &&
      inputs[0] === name &&
      attributes.some(([key, { value }]) => key === 'perm' && String(value) === '0,3,1,2'),
  )
  const first = channels(second) && !(channels(last) && turned)
  if (!first && !channels(last))
    return refuse('1 or 3 channels', `[${extents.map((extent) => extent ?? '?').join(', ')}]`)
  const size = first ? [third, last] : [second, third]
  const [height, width] = size.map((extent) => extent ?? side) as [number, number]
  if (!(height >= 1 && width >= 1 && height <= mostPixels && width <= mostPixels))
    return refuse(`images of at most ${mostPixels} pixels a side`, `${height} × ${width}`)
  return {
    channels: (first ? second : last) ?? 3,
    height,
    width,
    layout: first ? 'NCHW' : 'NHWC',
    anySize: size.includes(null),
    fixedBatch: images,
  }
}

/** Nodes that some output depends on: what else a file computes is no matter here. */
function neededNodes({ nodes, outputs }: OnnxGraph): Set<OnnxNode> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const needed = new Set<OnnxNode>()
  const open = [...outputs]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name)
    if (!node || needed.has(node)) continue
    needed.add(node)
    open.push(...node.inputs)
  }
  return needed
}

function planNode(network: Network, node: OnnxNode, values: Map<string, PlanValue>): void {
  const attributes = new Map(node.attributes)
  const call = new OperatorCall(network, node, attributes)
  const results = resultsOf(call, node, attributes)
  node.outputs.forEach((name, index) => {
    const result = results[index]
    if (name !== '' && result) values.set(name, result)
  })
}

function resultsOf(
  call: OperatorCall,
  node: OnnxNode,
  attributes: ReadonlyMap<string, OnnxAttribute>,
): readonly PlanValue[] {
  const shapeFold = shapeFolds.get(node.operator)
  if (shapeFold) return [shapeFold(call)]
  const known =
    node.inputs.length > 0 && node.inputs.every((_, index) => (call.input(index)?.kind ?? 'known') === 'known')
  const fold = known ? folds.get(node.operator) : undefined
  if (fold) return [fold(call)]
  const rule = operators.get(node.operator)
  if (!rule)
    throw new RefusedInputError('This ONNX file has an operator that is not supported here.', {
      wanted: `one of ${[...operators.keys()].join(', ')}`,
      got: quoteFromFile(node.operator),
      where: placeOf(node),
      action: actionForOperators,
    })
  for (const [name, attribute] of attributes) checkAttribute(call, name, attribute, rule.attributes[name])
  return rule.plan(call)
}

function checkAttribute(
  call: OperatorCall,
  name: string,
  attribute: OnnxAttribute,
  rule: AttributeRule | undefined,
): void {
  const place = quoteFromFile(name)
  if (!rule) return call.refuse('an attribute that is known here', place, place)
  if (attribute.kind !== rule.kind) return call.refuse(`${rule.kind}`, attribute.kind, place)
  const { only } = rule
  const given: readonly (number | string)[] = Array.isArray(attribute.value) ? attribute.value : [attribute.value]
  const odd = only && given.find((value) => !only.includes(value))
  if (odd !== undefined) call.refuse(only?.join(' or ') ?? '', quoteFromFile(String(odd)), place)
}

interface End {
  readonly name: string
  readonly logits: TensorValue
  readonly removed: PlannedGraph['removed']
}

/** The one output [N, classes]; probabilities become logits by leaving their Softmax away. */
function endOf(graph: OnnxGraph, values: ReadonlyMap<string, PlanValue>): End {
  const isLogits = (value: PlanValue | undefined): value is TensorValue =>
    value?.kind === 'tensor' && value.shape.length === 2 && isLeading(value.batch) && value.shape[0] === plannedBatch
  const fitting = graph.outputs.filter((name) => isLogits(values.get(name)))
  const [name = ''] = fitting
  if (fitting.length !== 1) {
    const shapes = graph.outputs.map((output) => {
      const value = values.get(output)
      const batch = value?.kind === 'tensor' ? value.batch?.axis : undefined
      const extents = (value?.shape ?? []).map((extent, axis) => (axis === batch ? 'N' : extent))
      return `${quoteFromFile(output)} [${extents.join(', ')}]`
    })
    throw new RefusedInputError('This ONNX file has no output that is clearly the logits.', {
      wanted: 'one output [N, classes]',
      got: shapes.slice(0, 8).join('; '),
      action: 'Export the network with its logits as the only output.',
    })
  }
  const maker = makerOf(graph, name)
  const [before = ''] = maker?.inputs ?? []
  const value = values.get(before)
  if ((maker?.operator === 'Softmax' || maker?.operator === 'LogSoftmax') && isLogits(value))
    return { name: before, logits: value, removed: maker.operator }
  return { name, logits: values.get(name) as TensorValue, removed: null }
}

/** The node that makes a tensor, behind those that change nothing. */
function makerOf({ nodes }: OnnxGraph, name: string): OnnxNode | undefined {
  const maker = nodes.find(({ outputs }) => outputs.includes(name))
  const [before = ''] = maker?.inputs ?? []
  return maker && ['Identity', 'Cast'].includes(maker.operator) ? makerOf({ nodes } as OnnxGraph, before) : maker
}

function featuresOf(graph: OnnxGraph, name: string, values: ReadonlyMap<string, PlanValue>): TensorValue | undefined {
  let maker = makerOf(graph, name)
  // A bias that is added apart.
  if (maker?.operator === 'Add')
    maker = maker.inputs.map((input) => makerOf(graph, input)).find((node) => node?.operator === 'MatMul')
  if (maker?.operator !== 'Gemm' && maker?.operator !== 'MatMul') return undefined
  const value = values.get(maker.inputs[0] ?? '')
  return value?.kind === 'tensor' && value.shape.length === 2 && value.order.join() === '0,1' ? value : undefined
}

/** For each size the first tensor that a smaller one is made from; not the images themselves. */
function levelsOf(noted: readonly Level[], images: number): Level[] {
  const earliest = new Map<number, Level>()
  for (const level of noted) {
    const size = level.height * level.width
    const known = earliest.get(size)
    if (level.slot !== images && size > 1 && (!known || level.slot < known.slot)) earliest.set(size, level)
  }
  return [...earliest.values()].sort((left, right) => left.slot - right.slot)
}

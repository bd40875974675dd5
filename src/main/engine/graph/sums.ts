/**
 * Sums that come out the same in every run. TensorFlow's graph optimiser gathers additions into one op of many
 * summands, which adds them in the order in which they happen to be ready: its AddN begins with a summand whose memory
 * is free, and where a step takes over 205 MB the AddN becomes a variable to which each summand is added as it comes.
 * Which comes first depends on measured times, also with one thread, and floating-point sums depend on their order.
 */
import type { GraphNode } from './graphDef'

const additions = new Set(['Add', 'AddV2', 'AddN'])

/** What the optimiser writes on sums that it has been through; it leaves alone what bears it. */
const keptAsRecorded = '_grappler_ArithmeticOptimizer_AddOpsRewriteStage'

/**
 * An addition as nodes of two summands each, ((a + b) + c) + …, which the optimiser does not regroup; any other node as
 * it is. The last node bears the name.
 */
export function inFixedOrder(node: GraphNode): GraphNode[] {
  const { name, op, inputs } = node
  const { T } = node.attributes
  if (!additions.has(op) || !T) return [node]
  const [first, ...others] = inputs
  if (first === undefined || others.length === 0) return [{ name, op: 'Identity', inputs, attributes: { T } }]
  const attributes = { T, [keptAsRecorded]: { kind: 'bool', value: true } } as const
  let sum = first
  return others.map((summand, index) => {
    const inputs = [sum, summand]
    sum = index === others.length - 1 ? name : `${name}/sum_${index}`
    return { name: sum, op: 'AddV2', inputs, attributes }
  })
}

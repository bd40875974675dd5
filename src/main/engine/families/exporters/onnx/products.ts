/** Matrix products: layers as Gemm with PyTorch's [out, in] weights, others as MatMul. */
import { plainOrder } from '../../../graph/axes'
import { int, type Value } from './graph'
import { fileTensor, type Operation, type Translate } from './translation'

/** The last two axes swapped. */
const turned = (rank: number): number[] => {
  const order = plainOrder(rank)
  return [...order.slice(0, -2), rank - 1, rank - 2]
}

/** Stored as ONNX reads a matrix, transposed where the program asks for it. */
function matrix({ graph }: Operation, value: Value, transposed: boolean): string {
  const rank = value.shape.length
  return graph.arranged(value, transposed ? turned(rank) : plainOrder(rank)).name
}

const product: Translate = (operation) => {
  const { graph, shape } = operation
  const left = operation.value(0)
  const flags = ['adj_x', 'transpose_a'].some((name) => operation.flag(name))
  const others = ['adj_y', 'transpose_b'].some((name) => operation.flag(name))
  const weight = operation.weight(1)
  const order = plainOrder(shape.length)
  if (weight && !flags && !others && shape.length === 2) {
    const own = weight.layout === 'linear' || (weight.layout === 'linearFromImage' && left.byChannel === true)
    const [filter, transB] = own
      ? [fileTensor(graph, operation.fileWeights, weight.name), 1]
      : [graph.plain(operation.value(1)).name, 0]
    const layer = graph.add(
      'Gemm',
      [graph.plain(left).name, filter],
      { transB: int(transB) },
      { name: weight.name.replace(/\.weight$/, '') },
    )
    return [{ name: layer.outputs[0] ?? '', shape, order, batch: left.batch, layer }]
  }
  const right = operation.value(1)
  const batch = left.batch ?? right.batch
  const name = graph.tensor('MatMul', [matrix(operation, left, flags), matrix(operation, right, others)])
  return [{ name, shape, order, batch }]
}

export const productOperations: Readonly<Record<string, Translate>> = {
  MatMul: product,
  BatchMatMulV2: product,
  BatchMatMul: product,
}

/**
 * Attributes of recorded ops: from the binding's form to a node's, with those that the eager runtime infers filled in.
 */
import type { Binding, OpAttribute } from './backend'
import type { AttributeValue } from './graphDef'

function listOrSingle<T, S extends string, L extends string>(
  value: unknown,
  single: S,
  list: L,
): { kind: S; value: T } | { kind: L; value: T[] } {
  return Array.isArray(value) ? { kind: list, value: value as T[] } : { kind: single, value: value as T }
}

export function toAttributeValue(binding: Binding, { name, type, value }: OpAttribute): AttributeValue {
  switch (type) {
    case binding.TF_ATTR_STRING:
      return { kind: 'string', value: String(value) }
    case binding.TF_ATTR_INT:
      return listOrSingle<number, 'int', 'ints'>(value, 'int', 'ints')
    case binding.TF_ATTR_FLOAT:
      return listOrSingle<number, 'float', 'floats'>(value, 'float', 'floats')
    case binding.TF_ATTR_BOOL:
      return listOrSingle<boolean, 'bool', 'bools'>(value, 'bool', 'bools')
    case binding.TF_ATTR_TYPE:
      return { kind: 'type', value: value as number }
    case binding.TF_ATTR_SHAPE:
      return { kind: 'shape', value: value as number[] }
    default:
      throw new Error(
        `Attribute "${name}" has a kind (${type}) that a graph cannot hold yet; add it to graph/attributes.ts.`,
      )
  }
}

/**
 * Type attributes that the eager runtime takes from an input when a kernel leaves them out: op, attribute, index of
 * that input.
 */
const inferredTypes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ExpandDims: { T: 0, Tdim: 1 },
  Squeeze: { T: 0 },
  Identity: { T: 0 },
  Shape: { T: 0 },
  Reshape: { T: 0, Tshape: 1 },
  ZerosLike: { T: 0 },
  OnesLike: { T: 0 },
  Relu: { T: 0 },
  ReluGrad: { T: 0 },
  LeakyRelu: { T: 0 },
  LeakyReluGrad: { T: 0 },
  Neg: { T: 0 },
  Square: { T: 0 },
  Sqrt: { T: 0 },
  Rsqrt: { T: 0 },
  Exp: { T: 0 },
  Erf: { T: 0 },
  Sigmoid: { T: 0 },
  Log: { T: 0 },
  Softmax: { T: 0 },
  LogSoftmax: { T: 0 },
  L2Loss: { T: 0 },
  AddN: { T: 0 },
  BiasAdd: { T: 0 },
  BiasAddGrad: { T: 0 },
  AddV2: { T: 0 },
  Add: { T: 0 },
  Sub: { T: 0 },
  Mul: { T: 0 },
  Div: { T: 0 },
  RealDiv: { T: 0 },
  DivNoNan: { T: 0 },
  Minimum: { T: 0 },
  Maximum: { T: 0 },
  SquaredDifference: { T: 0 },
  Pow: { T: 0 },
  Equal: { T: 0 },
  NotEqual: { T: 0 },
  Greater: { T: 0 },
  GreaterEqual: { T: 0 },
  Less: { T: 0 },
  LessEqual: { T: 0 },
  Select: { T: 1 },
  SelectV2: { T: 1 },
  Fill: { T: 1, index_type: 0 },
  BroadcastTo: { T: 0, Tidx: 1 },
  Transpose: { T: 0, Tperm: 1 },
  Sum: { T: 0, Tidx: 1 },
  Mean: { T: 0, Tidx: 1 },
  Max: { T: 0, Tidx: 1 },
  Min: { T: 0, Tidx: 1 },
  Prod: { T: 0, Tidx: 1 },
  MatMul: { T: 0 },
  BatchMatMulV2: { T: 0 },
  Conv2D: { T: 0 },
  Conv2DBackpropInput: { T: 1 },
  Conv2DBackpropFilter: { T: 0 },
  FusedBatchNormV3: { T: 0, U: 1 },
  FusedBatchNormGradV3: { T: 0, U: 3 },
  ResizeNearestNeighbor: { T: 0 },
  ResizeNearestNeighborGrad: { T: 0 },
  SparseSoftmaxCrossEntropyWithLogits: { T: 0, Tlabels: 1 },
  SoftmaxCrossEntropyWithLogits: { T: 0 },
}

export function withInferredTypes(
  op: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  inputTypes: readonly number[],
): Record<string, AttributeValue> {
  const filled = { ...attributes }
  for (const [name, input] of Object.entries(inferredTypes[op] ?? {})) {
    const value = inputTypes[input]
    if (!(name in filled) && value !== undefined) filled[name] = { kind: 'type', value }
  }
  return filled
}

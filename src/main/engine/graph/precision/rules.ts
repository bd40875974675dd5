/**
 * Which operations of a step compute in bfloat16 under `mixed`, as a declared table: what is not in it stays float32.
 * Left out on purpose, though TensorFlow has the kernels: softmax, logarithms, exponentials and roots (small errors
 * become large ones), sums and means (their results would be rounded to eight bits), differences (they cancel),
 * comparisons and random numbers (they decide which values are kept).
 */
import { bfloat16, float32 } from './elementTypes'
import type { RecordedNode, TensorSpecification } from '../recording'

export interface PrecisionRule {
  /**
   * 'computes': always; it is what the hardware is fast at. 'follows': where what it reads is bfloat16 already, so that
   * activations stay bfloat16 from layer to layer. 'expands': the same, and also where its result, larger than what it
   * reads, is wanted in bfloat16 alone.
   */
  readonly role: 'computes' | 'follows' | 'expands'
  /** Inputs with a float type of their own, which stay float32. */
  readonly float32Inputs?: readonly number[]
  /** The same of outputs. */
  readonly float32Outputs?: readonly number[]
  /** The result is a parameter's gradient: float32 for all that reads it, optimizers above all. */
  readonly parameterGradient?: boolean
}

const computes: PrecisionRule = { role: 'computes' }
const parameterGradient: PrecisionRule = { role: 'computes', parameterGradient: true }
const follows: PrecisionRule = { role: 'follows' }
const expands: PrecisionRule = { role: 'expands' }

const rules: Readonly<Record<string, PrecisionRule>> = {
  Conv2D: computes,
  Conv2DBackpropInput: computes,
  Conv2DBackpropFilter: parameterGradient,
  DepthwiseConv2dNative: computes,
  DepthwiseConv2dNativeBackpropInput: computes,
  DepthwiseConv2dNativeBackpropFilter: parameterGradient,
  MatMul: computes,
  BatchMatMulV2: computes,
  // Scale, offset and statistics are float32; the kernels sum in float32.
  FusedBatchNormV3: { role: 'follows', float32Inputs: [1, 2, 3, 4], float32Outputs: [1, 2, 3, 4, 5] },
  FusedBatchNormGradV3: { role: 'follows', float32Inputs: [2, 3, 4, 5], float32Outputs: [1, 2, 3, 4] },
  Relu: follows,
  ReluGrad: follows,
  Relu6: follows,
  Relu6Grad: follows,
  LeakyRelu: follows,
  LeakyReluGrad: follows,
  Add: follows,
  AddV2: follows,
  AddN: follows,
  Mul: follows,
  MaxPool: follows,
  MaxPoolGrad: follows,
  MaxPoolGradGrad: follows,
  AvgPool: follows,
  AvgPoolGrad: expands,
  ConcatV2: follows,
  Split: follows,
  SplitV: follows,
  Slice: follows,
  StridedSlice: follows,
  ReverseV2: follows,
  Reshape: follows,
  Squeeze: follows,
  ExpandDims: follows,
  Transpose: follows,
  Identity: follows,
  ZerosLike: follows,
  Pad: expands,
  PadV2: expands,
  Tile: expands,
  BroadcastTo: expands,
  ResizeNearestNeighbor: expands,
}

/** Matrix products of fewer multiply-adds stay float32: they cost nothing, and a network's logits are one of them. */
export const smallestProduct = 2 ** 23

const sizeOf = ({ shape }: TensorSpecification): number => shape.reduce((product, extent) => product * extent, 1)

/** The rule of a matrix product [rows, inner] · [inner, columns], or of many of them. */
function productRule(
  { attributes, outputs }: RecordedNode,
  left: TensorSpecification | undefined,
): PrecisionRule | undefined {
  const [result] = outputs
  if (!left || !result) return undefined
  const flip = attributes.adj_x ?? attributes.transpose_a
  const flipped = flip?.kind === 'bool' && flip.value
  const inner = left.shape.at(flipped ? -2 : -1) ?? 1
  if (sizeOf(result) * inner < smallestProduct) return undefined
  // x [N, inputs], dy [N, outputs]: xᵀ · dy is what a linear layer's weight gets.
  const one = result.shape.slice(0, -2).every((extent) => extent === 1)
  return flipped && one ? parameterGradient : computes
}

/** How a node computes under `mixed`; undefined: in float32. */
export function ruleOf(node: RecordedNode, inputs: readonly TensorSpecification[]): PrecisionRule | undefined {
  const rule = node.op in rules ? rules[node.op] : undefined
  if (!rule) return undefined
  const { T } = node.attributes
  if (T?.kind !== 'type' || T.value !== float32) return undefined
  return node.op === 'MatMul' || node.op === 'BatchMatMulV2' ? productRule(node, inputs[0]) : rule
}

/** Whether an input takes the type that the rule decides on. */
export const takesType = (rule: PrecisionRule, input: number, { type }: TensorSpecification): boolean =>
  (type === float32 || type === bfloat16) && !rule.float32Inputs?.includes(input)

export const givesType = (rule: PrecisionRule, output: number, { type }: TensorSpecification): boolean =>
  type === float32 && !rule.float32Outputs?.includes(output)

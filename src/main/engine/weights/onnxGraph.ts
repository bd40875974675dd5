/**
 * A network as an ONNX file describes it: operations between named tensors. Weights are not in it; small constants
 * (shapes, axes, exponents) are. It is kept as JSON beside the weights of a teacher that came from such a file.
 */
import { z } from 'zod'
import { RefusedInputError } from '../../../shared/errors'

export const graphLimits = {
  nodes: 20_000,
  /** Inputs, outputs or attributes of one node; a network of many branches concatenates some dozens. */
  perNode: 1_024,
  attributeValues: 4_096,
  nameLength: 1_024,
  rank: 8,
  /** Values of all small constants together. */
  constantValues: 65_536,
  /** Of the graph as JSON: it lies in the header of a safetensors file. */
  jsonBytes: 6 * 2 ** 20,
} as const

const name = z.string().max(graphLimits.nameLength)
const number = z.union([z.number(), z.enum(['Infinity', '-Infinity', 'NaN']).transform(Number)])
const many = <T extends z.ZodType>(entry: T) => z.array(entry).max(graphLimits.perNode)

const attributeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('int'), value: number }),
  z.object({ kind: z.literal('ints'), value: z.array(number).max(graphLimits.attributeValues) }),
  z.object({ kind: z.literal('float'), value: number }),
  z.object({ kind: z.literal('floats'), value: z.array(number).max(graphLimits.attributeValues) }),
  z.object({ kind: z.literal('text'), value: name }),
  z.object({ kind: z.literal('texts'), value: many(name) }),
])
const nodeSchema = z.object({
  name,
  operator: name,
  /** '' stands for an input that is left out. */
  inputs: many(name),
  outputs: many(name),
  attributes: many(z.tuple([name, attributeSchema])),
})
const constantSchema = z.object({
  name,
  type: z.enum(['float32', 'int64', 'bool']),
  shape: z.array(z.int().min(0)).max(graphLimits.rank),
  values: z.array(number).max(graphLimits.constantValues),
})
const graphSchema = z.object({
  operatorSet: z.int(),
  nodes: z.array(nodeSchema).max(graphLimits.nodes),
  constants: z.array(constantSchema).max(graphLimits.nodes),
  /** An extent is open where the file names it or leaves it out. */
  input: z.object({ name, extents: z.array(z.int().nullable()).max(graphLimits.rank) }),
  outputs: many(name),
})

export type OnnxAttribute = z.output<typeof attributeSchema>
export type OnnxNode = z.output<typeof nodeSchema>
export type OnnxConstant = z.output<typeof constantSchema>
export type OnnxGraph = z.output<typeof graphSchema>

/** Under which name a safetensors file keeps its graph. */
export const graphMetadata = 'onnx.graph'

/** JSON has no infinities, which bounds of a Clip may be. */
const speakable = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

export function encodeGraph(graph: OnnxGraph): string {
  const text = JSON.stringify(graph, speakable)
  if (Buffer.byteLength(text) > graphLimits.jsonBytes)
    throw new RefusedInputError('The graph of this file is larger than that of any classifier.', {
      wanted: `at most ${graphLimits.jsonBytes} bytes of names and attributes`,
      got: `${Buffer.byteLength(text)} bytes`,
    })
  return text
}

/** @throws RefusedInputError where the text is no graph */
export function decodeGraph(text: string, where: string): OnnxGraph {
  try {
    return graphSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new RefusedInputError('The graph in this file is damaged.', {
      wanted: `a graph under ${graphMetadata}, as this program writes it`,
      got: 'something else',
      where,
      cause: error,
    })
  }
}

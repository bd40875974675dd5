import { defineImporter } from '../types'
import { readOnnx } from './model'

/** A model begins with its version (field 1), and most with the producer's name after it. */
const looksLikeOnnx = (head: Buffer): boolean =>
  head[0] === 0x08 && (head[1] ?? 0) > 0 && (head[1] ?? 0) < 32 && (head[2] === 0x12 || head[2] === 0x3a)

/** The graph and places of the weights; see architectures/onnx for what of it is supported. */
export const onnx = defineImporter({
  id: 'onnx',
  title: 'ONNX',
  summary:
    'A graph of operations with its weights; run by the kernels of the networks here, nothing in it is executed.',
  extensions: ['.onnx'],
  reference: { citation: 'ONNX', link: 'https://github.com/onnx/onnx', place: 'onnx/onnx.proto' },
  match: ({ head, name }) => looksLikeOnnx(head) || name.toLowerCase().endsWith('.onnx'),
  open: async (source) => {
    const { graph, tensors, metadata } = await readOnnx(source)
    // The format has no checksums.
    return {
      networks: [{ key: '', tensors }],
      graph,
      metadata,
      ignored: [],
      findings: [],
      verify: () => Promise.resolve(),
    }
  },
})

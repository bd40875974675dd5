/** The network of a file that describes it as a graph: planned, named and said in findings. */
import { describeGraph, onnxGraph, type GraphDescription } from '../architectures/onnx'
import type { OnnxGraph } from '../../weights/onnxGraph'
import type { StoredMap } from '../../weights/stored'
import type { Selection } from './selection'
import type { Finding } from './types'

/**
 * The weights that the graph reads, under their names in the file.
 * @throws RefusedInputError naming node, operator and attribute of what is not supported
 */
export function selectGraph(graph: OnnxGraph, tensors: StoredMap, side?: number): Selection {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  const described = describeGraph(graph, shapes, side)
  const { params, plan } = described
  const read = new Set([...plan.planner.parameters.map(({ name }) => name), ...counterNames(described)])
  return {
    key: '',
    tensors: new Map([...tensors].filter(([name]) => read.has(name))),
    recognition: {
      kind: 'recognized',
      architecture: { id: onnxGraph.id, title: onnxGraph.label(params), params: { ...params, classes: plan.classes } },
      findings: [],
      ambiguous: false,
      surplus: [],
    },
    findings: findingsOf(described),
    candidates: [],
  }
}

/** Counted here, and kept beside the weights of a teacher. */
const counterNames = ({ plan }: GraphDescription): string[] =>
  plan.planner.norms.map(({ name }) => `${name}.num_batches_tracked`)

function findingsOf({ plan }: GraphDescription): Finding[] {
  const { layout, height, width, channels, anySize, removed, fixedBatch, planner } = plan
  const findings: Finding[] = [
    {
      severity: 'info',
      message: `The file has its images as [N, ${layout === 'NCHW' ? 'C, H, W' : 'H, W, C'}]: ${channels} ${channels === 1 ? 'channel' : 'channels'}, ${anySize ? 'any size' : `${height} × ${width} pixels`}.`,
    },
  ]
  if (removed)
    findings.push({
      severity: 'warning',
      message: `The file ends in ${removed}. It is left away here: what comes before it are the logits.`,
    })
  if (planner.norms.length === 0)
    findings.push({
      severity: 'info',
      message:
        'The file has no batch-norm layers (exporters join them with the convolutions before them). Methods that compare their statistics need a file exported in training mode, or a state_dict.',
    })
  if (fixedBatch !== null)
    findings.push({
      severity: 'info',
      message: `The file was made for ${fixedBatch} ${fixedBatch === 1 ? 'image' : 'images'} at once; it is run with any number here.`,
    })
  return findings
}

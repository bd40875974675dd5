import { exportFormats, type ExportFormat } from '../../../../shared/domain'
import type { Reference } from '../../../../shared/schema'
import type { WeightMap } from '../../weights/weightMap'
import { writeSafetensors } from '../../weights/safetensors/write'
import { writeTorch } from './torch'

/** A file format that weights can be exported to. */
export interface Exporter {
  readonly id: ExportFormat
  readonly title: string
  /** With the dot. */
  readonly extension: string
  readonly reference: Reference
  write(path: string, tensors: WeightMap): Promise<void>
}

export const exporters: readonly Exporter[] = [
  {
    id: 'safetensors',
    title: exportFormats.safetensors.title,
    extension: exportFormats.safetensors.extensions[0],
    reference: {
      citation: 'Hugging Face, safetensors',
      link: 'https://github.com/huggingface/safetensors',
      place: 'README, Format',
    },
    write: (path, tensors) => writeSafetensors(path, tensors, { format: 'pt' }),
  },
  {
    id: 'torch',
    title: exportFormats.torch.title,
    extension: exportFormats.torch.extensions[0],
    reference: {
      citation: 'PyTorch, torch/serialization.py',
      link: 'https://github.com/pytorch/pytorch',
      place: '_save',
    },
    write: writeTorch,
  },
]

export { encodeTorch, writeTorch } from './torch'

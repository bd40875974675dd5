import { defineExporter } from './types'
import { writeTorch } from './torchArchive'

export const torch = defineExporter({
  id: 'torch',
  title: 'PyTorch',
  summary: 'A state_dict for torch.load(path, weights_only=True).',
  extensions: ['.pt', '.pth'],
  reference: {
    citation: 'PyTorch, torch/serialization.py',
    link: 'https://github.com/pytorch/pytorch',
    place: '_save',
  },
  needs: 'weights',
  params: {},
  write: (path, { weights }) => writeTorch(path, weights),
})

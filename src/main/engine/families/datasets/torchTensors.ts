import { extname } from 'node:path'
import { defineArrayDataset } from './arrays/member'
import { openTorchArrays } from './files/torchArrays'

const extensions = ['pt', 'pth']

/**
 * Images and labels that torch.save wrote: tensors by name, (images, labels), a TensorDataset, a list of (image,
 * label), or a file for each; train.pt and test.pt (training.pt of earlier versions of torchvision). Lists of tensors
 * and of numbers and NumPy's arrays stand for tensors. Read by the machine of checkpoints, which runs nothing.
 */
export const torchTensors = defineArrayDataset({
  id: 'torch_tensors',
  summary: 'Images and labels of your own in .pt files of tensors, as torch.save writes them.',
  reference: { citation: 'ABD Workbench, this project', place: 'torch.save' },
  extensions,
  help: 'A .pt file with tensors such as x_train, y_train, x_test and y_test, or images and labels, or the tuple (images, labels), a TensorDataset, or up to some 8,000 (image, label) one by one; or a folder or archive that holds one, train.pt and test.pt, or a file for each tensor.',
  format: {
    title: 'PyTorch tensors',
    action:
      'Save images and labels as torch.save({"x_train": …, "y_train": …, "x_test": …, "y_test": …}, "data.pt"), or as torch.save((images, labels), "train.pt"); of a data set: torch.save((torch.stack([x for x, y in data]), torch.tensor([y for x, y in data])), "train.pt").',
    wanted: '.pt files of images and labels',
    // Most of them are checkpoints.
    holdsDataAlone: false,
    isArchive: (name) => extensions.includes(extname(name).toLowerCase().slice(1)),
    open: openTorchArrays,
  },
})

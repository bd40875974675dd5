import { createRegistry } from '../../../../shared/schema'
import { onnx } from './onnx'
import { safetensors } from './safetensors'
import { torchLegacy } from './torch/legacy'
import { torchZip } from './torch/zip'

/** In the order of trial; the first that matches opens the file. */
export const importers = createRegistry('importer', 'File formats that are read', [
  torchZip,
  safetensors,
  onnx,
  torchLegacy,
])

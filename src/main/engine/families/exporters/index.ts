/**
 * What a finished model can be written as: one exporter per file format. An exporter of weights needs nothing but a
 * stage's file; one of the program gets the traced forward pass, with shapes and normalisation, in a trainer.
 */
import { createRegistry } from '../../../../shared/schema'
import { onnx } from './onnx'
import { safetensors } from './safetensors'
import { torch } from './torch'
import type { Exporter } from './types'

/** In the order in which they are offered. */
export const exporters = createRegistry<Exporter>('exporter', 'File formats that are written', [
  torch,
  safetensors,
  onnx,
])

export { writeExport } from './writing'
export { defineExporter } from './types'
export type {
  Exporter,
  ForwardProgram,
  ModelProgram,
  ModelWeights,
  ProgramExporter,
  ProgramWeight,
  Provenance,
  WeightsExporter,
} from './types'

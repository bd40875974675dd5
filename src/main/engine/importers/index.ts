export { readSafetensors, readSafetensorsSource } from './safetensors'
export type { SafetensorsFile } from './safetensors'
export type { WeightDtype, WeightMap, WeightTensor } from './weights'

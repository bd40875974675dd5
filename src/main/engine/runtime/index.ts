export { toPlainBinding, type TFEOpAttr, type TFJSBinding, type TensorMetadata } from './binding'
export { composeDeviceReport, type DeviceFacts } from './deviceReport'
export {
  loadedCudaLibraries,
  readCpu,
  readGpus,
  readKernelDriver,
  type CpuHardware,
  type GpuHardware,
} from './hardware'
export type { TensorFlowOptions } from './options'
export { readRuntimeDescription, runtimeFilePath, type RuntimeDescription } from './runtimeFile'
export { startTensorFlow, type TensorFlowRuntime } from './startTensorFlow'

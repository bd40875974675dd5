export type { TFJSBinding } from './binding'
export { bfloat16Instructions, readCpu } from './hardware'
export { startTensorFlow, type TensorFlowRuntime } from './startTensorFlow'

export type { TFJSBinding } from './binding'
export { withPrecisionSpeed } from './precisionSpeed'
export { startTensorFlow } from './startTensorFlow'

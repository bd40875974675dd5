export type { TFJSBinding } from './binding'
export { startTensorFlow } from './startTensorFlow'

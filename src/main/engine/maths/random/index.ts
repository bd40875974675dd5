export { createStream, restoreStream } from './stream'
export { philoxBlock } from './philox'
export type { RandomStream, StreamState } from './types'

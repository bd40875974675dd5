/** What a node says of itself to whoever asked by `trainer.js --device-report FILE PATH…`. */
import type { DeviceReport } from '../../../shared/domain'
import type { ErrorCause } from '../../../shared/errors'

export interface NodeReport {
  readonly host: string
  /** Version of Node.js. */
  readonly node: string
  /** Of the paths that were named, those that are not there. */
  readonly missing: readonly string[]
  /** Why nothing computes where it is no report. */
  readonly device: DeviceReport | { readonly causes: readonly ErrorCause[] }
}

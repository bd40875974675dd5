import { describe } from 'vitest'
import { whyNoCluster } from './cluster.mjs'

/** Says why, and counts as skipped, where no cluster can be started on this machine. */
export function describeOnCluster(title: string, tests: () => void): void {
  const refusal = whyNoCluster()
  describe.skipIf(refusal !== null)(refusal === null ? title : `${title} (${refusal})`, tests)
}

/** Answers a probe job: what this node sees and computes on, in a file. */
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { temporaryBeside } from '../../machine/temporaries.mjs'
import { toCauses } from '../../../shared/errors'
import { startTensorFlow } from '../runtime'
import type { NodeReport } from '../protocol/nodeReport'
import { withPrecisionSpeed } from './precisionSpeed'

/** @param paths that whoever asked wants to be seen here */
export async function reportNode(file: string, paths: readonly string[]): Promise<void> {
  const report: NodeReport = {
    host: process.env.SLURMD_NODENAME ?? hostname(),
    node: process.version,
    missing: paths.filter((path) => !existsSync(path)),
    device: await startTensorFlow({ device: 'auto' }).then(
      (runtime) => withPrecisionSpeed(runtime, { precision: 'float32' }),
      (error: unknown) => ({ causes: toCauses(error) }),
    ),
  }
  // Whole or not at all: the other side looks for it while it is written.
  const temporary = temporaryBeside(file)
  writeFileSync(temporary, JSON.stringify(report), { mode: 0o600 })
  renameSync(temporary, file)
}

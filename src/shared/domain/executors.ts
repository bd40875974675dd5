/** Where stages run, as forms and the command line know it. */
import type { ParameterSchema } from '../schema'
import type { DeviceReport } from './run'

/** The executor of the engine's own machine: where runs go that name none. */
export const ownMachine = 'local'

export interface ExecutorDescription {
  /** E.g. 'local', 'slurm'. */
  readonly id: string
  readonly title: string
  readonly summary: string
  /** What is set for a workspace. */
  readonly params: ParameterSchema
  /** Why nothing can run there now, in a sentence; null where it can. */
  readonly missing: string | null
}

/** One answer of an executor's check. */
export interface ExecutorFinding {
  /** E.g. "Partition", "Runtime on the node". */
  readonly title: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly message: string
  /** What to do about it. */
  readonly action?: string
}

export interface ExecutorCheck {
  readonly findings: readonly ExecutorFinding[]
  /** What a node really computes on; null where no node was asked or none answered. */
  readonly device: DeviceReport | null
}

import type { DeviceReport, Execution } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'

export interface Tf32Job {
  readonly execution: Pick<Execution, 'precision'>
  /** What it computes is a result of the run's precision; otherwise it looks at models that are there. */
  readonly isResult: boolean
}

/**
 * TF32 where the device was not known before: no result says TF32 that was computed otherwise.
 * @returns a warning where float32 takes its place, which it only rounds; null where nothing does
 * @throws UserError where a result was to be computed in it without a GPU
 */
export function tf32WithoutGpu(
  { kind, title, reason }: Pick<DeviceReport, 'kind' | 'title' | 'reason'>,
  { execution, isResult }: Tf32Job,
): string | null {
  if (execution.precision !== 'tf32' || kind === 'gpu') return null
  if (!isResult) return 'Measured in float32: these models were computed in TF32, which a GPU alone has.'
  throw new UserError('TF32 was asked for, and no GPU is usable.', {
    wanted: 'a GPU, which alone computes in TF32',
    got: title,
    ...(reason === null ? {} : { where: reason }),
    action: 'set the precision to float32, or see "npm run doctor"',
  })
}

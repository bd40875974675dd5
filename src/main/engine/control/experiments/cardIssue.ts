/** Whether a card's memory holds what an experiment's stages need, before any of them starts. */
import type { DeviceReport, ExperimentConfig } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { CostModel } from './costModel'
import { memoryEstimate } from './memoryEstimate'

/** What stages need of the card that they run on. */
export interface CardNeed {
  /** Of the largest stage, as estimated. */
  readonly bytes: number
  /** Stages at once. */
  readonly slots: number
}

/** @param slots stages that this machine runs at once */
export const cardNeed = (config: ExperimentConfig, costs: CostModel, slots: number): CardNeed => ({
  bytes: memoryEstimate(config, { costs, device: 'gpu' }).bytes,
  slots,
})

/** What TensorFlow can have of a card; the rest is the driver's and the display's. */
const usableShare = 0.9
/** An estimate may be off by so much (docs/benchmarks-scale.md): what might fit is not refused. */
const uncertainty = 1.25
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const less = 'a smaller batch, smaller networks or mixed precision need less; the processor has the machine’s memory'

/**
 * An error where one stage surely does not fit, a warning where it may not or where not all slots do; null where the
 * card tells no memory.
 */
export function cardIssue(
  { title, memoryBytes }: Pick<DeviceReport, 'title' | 'memoryBytes'>,
  { bytes, slots }: CardNeed,
): Issue | null {
  if (memoryBytes === undefined) return null
  const usable = memoryBytes * usableShare
  const has = `${title} has ${gigabytes(memoryBytes)}, of which ${gigabytes(usable)} can be used`
  if (bytes > usable)
    return {
      path: 'execution.device',
      severity: bytes > usable * uncertainty ? 'error' : 'warning',
      message: `${bytes > usable * uncertainty ? 'does' : 'may'} not fit on the card: about ${gigabytes(bytes)} are needed, ${has}; ${less}`,
    }
  if (slots > 1 && slots * bytes > usable)
    return {
      path: 'execution.device',
      severity: 'warning',
      message: `${slots} stages at once do not fit on the card: about ${gigabytes(bytes)} each are needed, ${has}; with ${Math.floor(usable / bytes)} at once they do`,
    }
  return null
}

/** Whether a card's memory holds what an experiment's stages need, before any of them starts. */
import type { DeviceReport } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'

/** What stages need of the card that they run on. */
export interface CardNeed {
  /** Of the largest stage, as estimated. */
  readonly bytes: number
  /** Stages at once. */
  readonly slots: number
}

/** What TensorFlow can have of a card; the rest is the driver's and the display's. */
const usableShare = 0.9
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const less = 'a smaller batch, smaller networks or mixed precision need less; the processor has the machine’s memory'

/** An error where one stage does not fit, a warning where not all slots do; null where the card tells no memory. */
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
      severity: 'error',
      message: `does not fit on the card: about ${gigabytes(bytes)} are needed, ${has}; ${less}`,
    }
  if (slots > 1 && slots * bytes > usable)
    return {
      path: 'execution.device',
      severity: 'warning',
      message: `${slots} stages at once do not fit on the card: about ${gigabytes(bytes)} each are needed, ${has}; with ${Math.floor(usable / bytes)} at once they do`,
    }
  return null
}

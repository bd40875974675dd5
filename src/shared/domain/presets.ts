import type { PartialExperimentConfig } from './config'
import type { Demonstration } from './demonstration'

/** A ready-made experiment; `config` needs to name only what differs from the defaults. */
export interface ExperimentPreset {
  id: string
  title: string
  /** What it shows and what it does not, with its time. */
  description: string
  config: PartialExperimentConfig
  /** Ends within minutes; absent of the others. */
  quick?: boolean
  /** What it shows and what was measured of it; absent of those that promise nothing. */
  demonstration?: Demonstration
  /** Its place in the table of published results, in words; absent where it is none of the table's. */
  cell?: { row: string; column: string }
}

/** What a check looks at. */
import type { SlurmSettings } from './settings'
import type { SlurmCommands } from './commands'
import type { ScriptPlaces } from './script'

export interface CheckedCluster {
  readonly workspace: string
  readonly cacheFolder: string
  readonly settings: SlurmSettings
  readonly commands: SlurmCommands
  readonly places: ScriptPlaces
  readonly signal?: AbortSignal | undefined
}

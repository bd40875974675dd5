/** Where things lie on this machine: workspace, cache, the built program. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

type Environment = Record<string, string | undefined>

/** `--workspace`, else ABD_WORKSPACE, else ~/abd-workbench. */
export const workspaceFolder = (wanted?: string, environment: Environment = process.env): string =>
  resolve(wanted || environment.ABD_WORKSPACE || join(homedir(), 'abd-workbench'))

export { cacheDirectory as cacheFolder } from '../setup/paths.mjs'

/** Where things lie on this machine: workspace, cache, the built program. */
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

type Environment = Record<string, string | undefined>

/** `--workspace`, else ABD_WORKSPACE, else ~/abd-workbench. */
export const workspaceFolder = (wanted?: string, environment: Environment = process.env): string =>
  resolve(wanted || environment.ABD_WORKSPACE || join(homedir(), 'abd-workbench'))

/** `$XDG_CACHE_HOME/abd-workbench`; a relative XDG_CACHE_HOME is ignored, as its specification says. */
export function cacheFolder(environment: Environment = process.env): string {
  const configured = environment.XDG_CACHE_HOME
  return join(
    configured && isAbsolute(configured) ? configured : join(environment.HOME || homedir(), '.cache'),
    'abd-workbench',
  )
}

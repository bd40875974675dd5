/** The per-user cache that all checkouts and installed copies share. */
import os from 'node:os'
import path from 'node:path'

/** `$XDG_CACHE_HOME/abd-workbench`; a relative XDG_CACHE_HOME is ignored, as its specification says. */
export function cacheDirectory(environment = process.env) {
  const configured = environment.XDG_CACHE_HOME
  const base =
    configured && path.isAbsolute(configured) ? configured : path.join(environment.HOME || os.homedir(), '.cache')
  return path.join(base, 'abd-workbench')
}

/** The small file through which the engine finds TensorFlow and the binding. */
export function runtimeFile(cache = cacheDirectory()) {
  return path.join(cache, 'runtime.json')
}

/** Which program runs the engine. TensorFlow's binding needs a current Node, and never loads in Electron's main process. */

type Environment = Record<string, string | undefined>

interface HostProcess { execPath: string; versions: { node: string; electron?: string }; packaged: boolean; env: Environment }

/** 20.19+, 22.12+ or 24 and later. */
export function nodeIsCurrent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24
}

/**
 * The Node that ran `npm start` (ABD_NODE) when there is one; else this very Node when it is current; in a packaged
 * application, and for want of anything else, Electron as Node.
 */
export function chooseNode({ execPath, versions, packaged, env }: HostProcess): { execPath: string; env: Environment } {
  if (env.ABD_NODE && !packaged) return { execPath: env.ABD_NODE, env: withoutElectron(env) }
  if (versions.electron === undefined) return { execPath, env: withoutElectron(env) }
  return { execPath, env: { ...env, ELECTRON_RUN_AS_NODE: '1' } }
}

function withoutElectron(env: Environment): Environment {
  const { ELECTRON_RUN_AS_NODE: _flag, ...rest } = env
  return rest
}

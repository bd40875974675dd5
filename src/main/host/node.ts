/**
 * Which program runs the engine. TensorFlow's binding needs a current Node, and never loads in Electron's main process.
 */

import { UserError } from '../../shared/errors'

type Environment = Record<string, string | undefined>

interface HostProcess {
  execPath: string
  versions: { node: string; electron?: string }
  packaged: boolean
  /** The Node that a package brings; null where there is none. */
  shippedNode?: string | null
  env: Environment
}

/** 20.19+, 22.12+ or 24 and later. */
export function nodeIsCurrent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24
}

/**
 * The program for the engine: the Node that a package brings; in a checkout the Node that ran `npm start` (ABD_NODE)
 * when there is one; else this very Node when it is current; for want of anything else, Electron as Node.
 * @throws UserError when that one is too old
 */
export function chooseNode({ execPath, versions, packaged, shippedNode = null, env }: HostProcess): {
  execPath: string
  env: Environment
} {
  if (packaged && shippedNode !== null) return { execPath: shippedNode, env: withoutElectron(env) }
  // A packaged Electron cannot be a Node: its fuse is set.
  if (packaged && versions.electron !== undefined)
    throw new UserError('The Node that runs the engine is missing from the package.', {
      wanted: 'a program called "node" beside this one',
      got: execPath,
      action: 'Install the package again.',
    })
  if (env.ABD_NODE && !packaged) return { execPath: env.ABD_NODE, env: withoutElectron(env) }
  if (versions.electron === undefined) return { execPath, env: withoutElectron(env) }
  if (!nodeIsCurrent(versions.node)) {
    throw new UserError('This Electron’s own Node is too old to run the engine.', {
      wanted: 'Node 20.19+, 22.12+ or 24',
      got: versions.node,
      action: 'Start with "npm start", or name a Node in ABD_NODE.',
    })
  }
  return { execPath, env: { ...env, ELECTRON_RUN_AS_NODE: '1' } }
}

function withoutElectron(env: Environment): Environment {
  const { ELECTRON_RUN_AS_NODE: _flag, ...rest } = env
  return rest
}

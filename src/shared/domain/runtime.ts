import type { ErrorCause } from '../errors'

/** What to do where TensorFlow is not on this machine, for the end of an error. */
export const howToInstallRuntime =
  'Run "abd runtime install" (in a checkout "npm start" does it), or "abd runtime unpack FILE" where there is no network; the window offers both.'

/** The two builds of TensorFlow that can be on a machine. */
export type RuntimeVariantId = 'cpu' | 'gpu'

export interface RuntimeVariant {
  id: RuntimeVariantId
  title: string
  /** Where it lies, or would. */
  directory: string
  installed: boolean
  /** It is what runs use. */
  active: boolean
  /** Bytes over the network, and bytes on the disk afterwards. */
  fetchBytes: number
  diskBytes: number
  /** Of fetchBytes, what is here already. */
  fetchedBytes: number
}

/** TensorFlow on this machine: what is there, and where the rest would come from. */
export interface RuntimeOverview {
  /** The per-user cache. */
  folder: string
  freeBytes: number
  /** A packaged application brings its binding; a checkout builds it. */
  packaged: boolean
  variants: RuntimeVariant[]
  /** By the driver that this machine has. */
  suggested: RuntimeVariantId
  origin: {
    /** pip's, without names and passwords. */
    indexes: string[]
    findLinks: string[]
    proxy: string | null
    /** Files in which pip's settings stand, and 'environment'; empty where nothing is set. */
    setIn: string[]
  }
}

/** What kept the runtime from being brought; the page offers what fits. */
export type RuntimeFailureKind = 'offline' | 'disk' | 'hash' | 'index' | 'other'

export interface RuntimeProgress {
  phase: 'fetching' | 'checking' | 'unpacking' | 'packing'
  /** What is fetched or unpacked just now. */
  item: string
  /** Bytes of the whole phase. */
  done: number
  total: number
  /** null until a second has gone by. */
  bytesPerSecond: number | null
  secondsLeft: number | null
}

/** The runtime as the engine has it, with what is on its way. */
export interface RuntimeState extends RuntimeOverview {
  /** A run can start. */
  ready: boolean
  task: {
    kind: 'install' | 'unpack'
    variant: RuntimeVariantId | null
    /** The bundle that is unpacked. */
    file: string | null
    /** What was said last, e.g. that another set-up is waited for. */
    message: string | null
    progress: RuntimeProgress | null
  } | null
  /** The last task was paused; what came is kept. */
  paused: boolean
  failure: { kind: RuntimeFailureKind; causes: ErrorCause[] } | null
}

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

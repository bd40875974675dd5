/** What is done with the runtime of this user, one thing at a time over all processes, and what there is of it. */
import { statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RuntimeOverview, RuntimeVariantId } from '../../shared/domain'
import { UserError } from '../../shared/errors'
import { packagedBinding } from './binding.mjs'
import type { BundleContents } from './bundleManifest'
import { explainFileError } from './files.mjs'
import { hasNvidiaDriver } from './gpu.mjs'
import { acquireLock } from './lock.mjs'
import { packRuntime } from './packRuntime'
import { readPipSettings, withoutCredentials } from './pipSettings.mjs'
import { SetupError, type FailureKind, type Reporter } from './report.mjs'
import { listVariants, prepareTensorFlow } from './tensorflow.mjs'
import { unpackRuntime } from './unpackRuntime'

export interface InstallationPlace {
  /** Folder of the checkout, or of the packaged application. */
  readonly root: string
  readonly cache: string
}

export interface InstallationWork extends InstallationPlace {
  readonly report: Reporter
  /** Pauses: what came is kept. */
  readonly signal?: AbortSignal
}

/** A failure as the researcher reads it, with what kind it is. */
export class InstallationError extends UserError {
  constructor(
    message: string,
    readonly kind: FailureKind,
    cause: unknown,
  ) {
    super(message, { cause: cause instanceof SetupError ? cause.cause : cause })
  }
}

async function underLock<T>({ cache, report, signal }: InstallationWork, work: () => Promise<T>): Promise<T> {
  try {
    const release = await acquireLock(join(cache, 'setup.lock'), { tell: (text) => report.say(text), signal })
    try {
      return await work()
    } finally {
      release()
    }
  } catch (error) {
    const explained: unknown = explainFileError(error)
    if (explained instanceof SetupError) throw new InstallationError(explained.message, explained.kind, explained)
    throw error
  }
}

/** Fetches what is missing of a variant and makes it the runtime. Resolves to false where there was nothing to do. */
export const installRuntime = (variant: RuntimeVariantId, work: InstallationWork): Promise<boolean> =>
  underLock(work, () => prepareTensorFlow({ ...work, variant }))

export const unpackBundle = (file: string, work: InstallationWork): Promise<BundleContents> =>
  underLock(work, () => unpackRuntime(file, work))

export const packBundle = (
  file: string,
  work: InstallationWork & { readonly variant?: RuntimeVariantId },
): Promise<BundleContents> => underLock(work, () => packRuntime(file, work))

/** Free bytes where the cache lies, or will lie. */
function freeBytes(folder: string): number {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = statfsSync(place)
      return bavail * bsize
    } catch {
      if (dirname(place) === place) return 0
    }
  }
}

/** What is here, what could be, and where it would come from. Touches no network. */
export function runtimeOverview({ root, cache }: InstallationPlace): RuntimeOverview {
  const { indexes, findLinks, proxy, sources } = readPipSettings()
  return {
    folder: cache,
    freeBytes: freeBytes(cache),
    packaged: packagedBinding(root) !== undefined,
    variants: listVariants(cache),
    suggested: hasNvidiaDriver() ? 'gpu' : 'cpu',
    origin: {
      indexes: indexes.map(withoutCredentials),
      findLinks: findLinks.map(withoutCredentials),
      proxy: proxy === undefined ? null : withoutCredentials(proxy),
      setIn: sources,
    },
  }
}

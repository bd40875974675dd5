/** The official files of a data set, brought to this machine. */
import { join, resolve } from 'node:path'
import type { DownloadedFile } from '../../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../../shared/errors'
import type { Registry } from '../../../../../shared/schema'
import type { Dataset, DatasetSource } from '../types'
import { downloadFile } from './downloadFile'
import { unpackOnce } from './unpackOnce'

export interface DownloadProgress {
  /** What is being done: the file's name, or what is made of it. */
  readonly step: string
  /** Files done, and all of them. */
  readonly filesDone: number
  readonly files: number
  /** What is counted: bytes of a file on its way, files of an archive that is unpacked. */
  readonly unit: 'bytes' | 'files'
  /** Of the current step; null where the server does not say. */
  readonly received: number
  readonly total: number | null
}

export interface DownloadRequest {
  readonly dataset: string
  /** Where the files go; empty: a folder of the data set in the product's cache. */
  readonly folder?: string
  /** Address of a folder that holds the same files, in place of the official one. */
  readonly mirror?: string
}

export interface DownloadContext {
  readonly cacheFolder: string
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: DownloadProgress) => void
}

export interface DownloadResult {
  readonly folder: string
  /** The parameters with which the data set reads what was downloaded. */
  readonly params: Record<string, unknown>
  readonly files: DownloadedFile[]
}

/** The address of a file on a mirror. @throws RefusedInputError for anything but http and https */
export function sourceAddress(source: DatasetSource, mirror: string | undefined): string {
  if (!mirror || mirror.trim() === '') return source.url
  let base: URL
  try {
    base = new URL(mirror.trim().replace(/\/*$/, '/'))
  } catch (error) {
    throw new RefusedInputError('This is no address of a mirror.', {
      wanted: 'https://…/folder',
      got: mirror,
      where: 'mirror',
      action: 'Give the address of the folder that holds the files.',
      cause: error,
    })
  }
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw new RefusedInputError('A mirror is reached over HTTP.', {
      wanted: 'http or https',
      got: base.protocol,
      where: 'mirror',
      action: 'Files on this machine need no download: name their folder.',
    })
  }
  return new URL(source.fileName, base).href
}

/** A lone tar archive is read as it is; anything else by its folder. */
function pathOf(folder: string, sources: readonly DatasetSource[]): string {
  const [only] = sources
  return only && sources.length === 1 && /\.(tar\.gz|tgz|tar)$/.test(only.fileName)
    ? join(folder, only.fileName)
    : folder
}

/**
 * Downloads a data set: every official file (or the mirror's), compared with the size and MD5 that are published for
 * it, archives of loose pictures unpacked.
 * What is there already and agrees is not fetched again.
 * @throws RefusedInputError for a data set without files; UserError as downloadFile
 */
export async function downloadDataset(
  registry: Registry<Dataset>,
  request: DownloadRequest,
  context: DownloadContext,
): Promise<DownloadResult> {
  const dataset = registry.get(request.dataset, 'dataset')
  const sources = dataset.facts.sources ?? []
  if (sources.length === 0) {
    throw new RefusedInputError(`${dataset.title} has nothing to download.`, {
      wanted: registry.members
        .filter((member) => member.facts.sources?.length)
        .map(({ id }) => id)
        .join(', '),
      got: dataset.id,
      where: 'dataset',
      action: dataset.facts.needsFiles ? 'Name the folder of your files.' : 'It is made by code: use it as it is.',
    })
  }
  const addresses = sources.map((source) => sourceAddress(source, request.mirror))
  const folder =
    request.folder && request.folder.trim() !== ''
      ? resolve(request.folder.trim())
      : join(context.cacheFolder, 'downloads', dataset.id)
  const files: DownloadedFile[] = []
  for (const [index, source] of sources.entries()) {
    const tell = (current: Pick<DownloadProgress, 'step' | 'unit' | 'received' | 'total'>): void =>
      context.onProgress?.({ ...current, filesDone: index, files: sources.length })
    const target = join(folder, source.fileName)
    const check = await downloadFile({
      url: addresses[index] ?? source.url,
      target,
      md5: source.md5,
      bytes: source.bytes,
      signal: context.signal,
      onProgress: (received, total) => tell({ step: source.fileName, unit: 'bytes', received, total }),
    }).catch((error: NodeJS.ErrnoException): never => {
      if (error.code !== 'EACCES' && error.code !== 'EROFS' && error.code !== 'EPERM') throw error
      throw new UserError('The folder cannot be written to.', {
        wanted: 'a folder of your own',
        got: error.code,
        where: folder,
        action: 'Choose another folder for the files.',
        cause: error,
      })
    })
    files.push({ name: source.fileName, check })
    if (source.fileName.endsWith('.zip'))
      await unpackOnce(target, folder, context.signal, (received, total) =>
        tell({ step: `Unpacking ${source.fileName}`, unit: 'files', received, total }),
      )
  }
  return { folder, params: { folder: pathOf(folder, sources) }, files }
}

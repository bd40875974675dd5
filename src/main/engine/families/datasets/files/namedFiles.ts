/** A data set's files by name, whether they lie in a folder or in a .tar.gz; nothing is unpacked to disk. */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Parser, type ReadEntry } from 'tar'
import { RefusedInputError } from '../../../../../shared/errors'
import { openFileSource, bytesText, readWhole } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import type { LayoutMatch } from '../types'

export interface NamedFiles {
  /** Absolute path of the folder or archive, for messages. */
  readonly where: string
  /** Every name there, wanted or not, at most 10,000. */
  readonly names: readonly string[]
  /** @throws RefusedInputError when the file is absent, no regular file, or larger than `limit` bytes */
  read(name: string, limit: number): Promise<Uint8Array>
}

export interface FilesWanted {
  /** The data set's title, for messages. */
  readonly title: string
  /**
   * Folders that the official archives unpack to; one may be named, or its parent. Of several in one parent the first
   * is taken.
   */
  readonly folderNames: readonly string[]
  /** Files to hold in memory out of an archive. */
  readonly files: readonly string[]
  /** What to do when the path is wrong. */
  readonly action: string
  /** Largest sum of unpacked bytes that an archive may have. */
  readonly archiveLimit: number
  readonly signal?: AbortSignal
}

const nameLimit = 10_000

const isArchive = (path: string): boolean => /\.(tar\.gz|tgz|tar)$/i.test(path)
/** Lists names for a message: at most a dozen, sorted. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'no file'
  const shown = [...names].sort().slice(0, 12).map(quoteFromFile).join(', ')
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown
}

/** What kind of thing lies at a path, following links. @throws RefusedInputError when nothing does */
export async function kindOf(path: string, wanted: Pick<FilesWanted, 'title' | 'action'>): Promise<'folder' | 'file'> {
  if (path.trim() === '')
    throw new RefusedInputError(`No folder of ${wanted.title} was named.`, {
      wanted: 'a path',
      got: 'nothing',
      action: wanted.action,
    })
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    throw new RefusedInputError(
      `${wanted.title} cannot be read: ${missing ? 'nothing lies there' : 'the path cannot be opened'}.`,
      {
        wanted: 'a folder or an archive',
        got: error.code ?? 'an unknown error',
        where: path,
        action: wanted.action,
        cause: error,
      },
    )
  })
  return found.isDirectory() ? 'folder' : 'file'
}

async function openFolder(path: string, wanted: Pick<FilesWanted, 'folderNames' | 'files'>): Promise<NamedFiles> {
  const list = async (folder: string): Promise<string[]> => (await readdir(folder)).slice(0, nameLimit)
  const outer = await list(path)
  const isIt = wanted.folderNames.includes(basename(path)) || wanted.files.some((name) => outer.includes(name))
  const nested = isIt ? undefined : wanted.folderNames.find((name) => outer.includes(name))
  const where = nested === undefined ? path : join(path, nested)
  const names = nested === undefined ? outer : await list(where)
  return { where, names, read: (name, limit) => readWhole(join(where, name), limit) }
}

/** Collects the wanted members of a tar archive; refuses links, devices and names that leave the archive. */
async function openArchive(path: string, wanted: FilesWanted): Promise<NamedFiles> {
  const names: string[] = []
  const contents = new Map<string, Uint8Array>()
  let unpacked = 0
  let refusal: RefusedInputError | undefined
  const abort = new AbortController()
  const refuse = (message: string, details: { wanted: string; got: string }): void => {
    refusal ??= new RefusedInputError(message, { ...details, where: path, action: wanted.action })
    abort.abort()
  }
  const onReadEntry = (entry: ReadEntry): void => {
    entry.resume()
    unpacked += entry.size
    if (names.length >= nameLimit || unpacked > wanted.archiveLimit) {
      refuse(`The archive ${quoteFromFile(basename(path))} is larger than ${wanted.title} can be.`, {
        wanted: `at most ${bytesText(wanted.archiveLimit)} unpacked`,
        got: 'more',
      })
    } else if (!['File', 'OldFile', 'ContiguousFile', 'Directory'].includes(entry.type)) {
      refuse(`The archive ${quoteFromFile(basename(path))} holds something else than files.`, {
        wanted: 'files and folders',
        got: `${quoteFromFile(entry.path)} of type ${entry.type}`,
      })
    } else if (entry.path.startsWith('/') || entry.path.split(/[\\/]/).includes('..')) {
      refuse(`The archive ${quoteFromFile(basename(path))} names a file outside itself.`, {
        wanted: 'names below one folder',
        got: quoteFromFile(entry.path),
      })
    } else if (entry.type !== 'Directory') {
      collect(entry)
    }
  }
  const collect = (entry: ReadEntry): void => {
    const name = basename(entry.path)
    if (names.includes(name) && wanted.files.includes(name)) {
      refuse(`The archive ${quoteFromFile(basename(path))} holds ${quoteFromFile(name)} twice.`, {
        wanted: 'each file once',
        got: quoteFromFile(entry.path),
      })
    }
    names.push(name)
    if (!wanted.files.includes(name)) return
    const chunks: Buffer[] = []
    entry.on('data', (chunk: Buffer) => chunks.push(chunk))
    entry.on('end', () => contents.set(name, Buffer.concat(chunks)))
  }
  const parser = new Parser({ strict: true, onReadEntry })
  const signal = wanted.signal ? AbortSignal.any([abort.signal, wanted.signal]) : abort.signal
  try {
    // The parser is a writable stream in all but its type.
    await pipeline(createReadStream(path), parser as unknown as NodeJS.WritableStream, { signal })
  } catch (error) {
    wanted.signal?.throwIfAborted()
    throw (
      refusal ??
      new RefusedInputError(
        `The archive ${quoteFromFile(basename(path))} cannot be read: it is damaged or cut short.`,
        {
          wanted: 'a whole .tar.gz',
          got: error instanceof Error ? error.message : String(error),
          where: path,
          action: 'Download it again and compare its size with the official one.',
          cause: error,
        },
      )
    )
  }
  if (refusal) throw refusal
  return {
    where: path,
    names,
    read: async (name, limit) => {
      const bytes = contents.get(name)
      if (!bytes)
        throw new RefusedInputError(`The archive lacks ${quoteFromFile(name)}.`, {
          wanted: name,
          got: listNames(names),
          where: path,
          action: wanted.action,
        })
      if (bytes.length > limit)
        throw new RefusedInputError(`${quoteFromFile(name)} is larger than such a file can be.`, {
          wanted: `at most ${bytesText(limit)}`,
          got: bytesText(bytes.length),
          where: path,
        })
      return bytes
    },
  }
}

/**
 * Opens a data set's folder (or its parent) or its .tar.gz.
 * @throws RefusedInputError naming path and reason
 */
export async function openNamedFiles(path: string, wanted: FilesWanted): Promise<NamedFiles> {
  if ((await kindOf(path, wanted)) === 'folder') return openFolder(path, wanted)
  // Opening checks that it is a regular file before a byte of a pipe or device is read.
  await (await openFileSource(path)).close()
  if (isArchive(path)) return openArchive(path, wanted)
  throw new RefusedInputError(`${quoteFromFile(basename(path))} is neither a folder nor a .tar.gz.`, {
    wanted: `the folder ${wanted.folderNames.join(' or ')}, or its .tar.gz`,
    got: quoteFromFile(basename(path)),
    where: path,
    action: wanted.action,
  })
}

/** @throws RefusedInputError naming every missing file */
export function requireFiles(files: NamedFiles, needed: readonly string[], title: string, action: string): void {
  const missing = needed.filter((name) => !files.names.includes(name))
  if (missing.length === 0) return
  throw new RefusedInputError(`${title} lacks ${missing.join(', ')}.`, {
    wanted: needed.join(', '),
    got: listNames(files.names),
    where: files.where,
    action,
  })
}

/** How a data set of named files is told by names alone. */
export interface NamedLayout extends Pick<FilesWanted, 'folderNames' | 'files'> {
  /** Names of the official archives. */
  readonly archive?: RegExp
  /** Whether names of files, and of the folder they lie in, tell the set, be it whole or not. */
  tells(names: readonly string[]): boolean
  /** Throws what loading would throw for want of files. */
  check(files: NamedFiles): void
}

/** Whether a path is a data set's folder, its parent, or an archive whose name fits; see LayoutMatch. */
export async function matchNamedFiles(path: string, layout: NamedLayout): Promise<LayoutMatch<{ folder: string }>> {
  if (layout.archive?.test(basename(path))) return { folder: path }
  const files = await openFolder(path, layout).catch(() => null)
  if (files === null || !layout.tells([basename(files.where), ...files.names])) return null
  return refusalOf(() => layout.check(files)) ?? { folder: path }
}

/** The refusal that a check ends with, else null. */
function refusalOf(check: () => void): RefusedInputError | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof RefusedInputError) return error
    throw error
  }
}

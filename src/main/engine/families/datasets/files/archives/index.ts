/** Archives of data sets (.zip, .tar, .tar.gz, .tgz): their names, and their files unpacked once per user. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { createArchiveGuard, type ArchiveGuard } from './guard'
import { listTar, unpackTar } from './tar'
import { listZip, unpackZip } from './zip'
import { treeOfNames, type FileTree } from '../fileTree'
import type { ListOptions, UnpackOptions } from './types'

const nameLimit = 300_000

/** How each format is listed and unpacked. */
interface Format {
  readonly names: RegExp
  list(path: string, guard: ArchiveGuard, options: ListOptions): Promise<boolean>
  unpack(path: string, guard: ArchiveGuard, options: UnpackOptions): Promise<void>
}
const formats: readonly Format[] = [
  { names: /\.zip$/i, list: listZip, unpack: unpackZip },
  { names: /\.(tar|tar\.gz|tgz)$/i, list: listTar, unpack: unpackTar },
]

/** Extensions for file dialogs. */
export const archiveExtensions = ['zip', 'tgz', 'gz', 'tar']

const formatOf = (path: string): Format | undefined => formats.find(({ names }) => names.test(path))
export const isArchive = (path: string): boolean => formatOf(path) !== undefined

/** Archives that are not read here, and what unpacks them. */
const foreign: readonly { readonly names: RegExp; readonly unpack: string }[] = [
  { names: /\.7z$/i, unpack: '7z x' },
  { names: /\.rar$/i, unpack: 'unrar x' },
  { names: /\.(tar\.(bz2|xz|zst)|tbz2?|txz)$/i, unpack: 'tar -xf' },
]
/** The command that unpacks an archive of another kind, else undefined. */
export const unpackCommand = (name: string): string | undefined => foreign.find(({ names }) => names.test(name))?.unpack

/** The names in an archive, without unpacking it. @throws RefusedInputError for a damaged or unsafe one */
export async function listArchive(path: string, signal?: AbortSignal): Promise<FileTree> {
  const format = formatOf(path)
  const names: string[] = []
  const onName = (name: string): boolean => names.push(name) < nameLimit
  const guard = createArchiveGuard(path, (await stat(path)).size)
  const complete = (await format?.list(path, guard, { onName, signal })) ?? true
  return treeOfNames(names, { name: basename(path), where: path, complete })
}

/**
 * Unpacks into a folder that is there; see the guard for what is refused.
 * @returns how many bytes were unpacked
 */
export async function unpackArchive(path: string, options: UnpackOptions): Promise<number> {
  const guard = createArchiveGuard(path, (await stat(path)).size)
  await formatOf(path)?.unpack(path, guard, options)
  return guard.unpackedBytes()
}

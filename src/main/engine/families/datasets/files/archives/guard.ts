/** What an archive may hold, whatever its format: checked entry by entry, before anything of one is read. */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../../../shared/errors'
import { bytesText } from '../../../../weights/byteSource'
import { quoteFromFile } from '../../../../weights/fileText'
import { isLeftover } from '../fileTree'

const entryLimit = 1_000_000
/** 20 GB: more than any data set that fits into memory beside a training run. */
const byteLimit = 20e9
/** Pictures and records shrink to a tenth at best; text and one-coloured pictures to a hundredth. */
const ratioLimit = 200
const harmlessBytes = 1e9
/** Headers and padding of an entry in a stream, with room for long names. */
const headerBytes = 4096
const slackBytes = 64e6

export interface ArchiveEntry {
  readonly name: string
  /** Unpacked, as the archive states it. */
  readonly size: number
  /** file, folder, or what else it is (SymbolicLink …). */
  readonly kind: string
}

export interface ArchiveGuard {
  /**
   * The entry's name without a leading ./, or null where it is passed over (folders, leftovers of systems).
   * @throws RefusedInputError for links and devices, names that leave the archive, and what exceeds the limits
   */
  admit(entry: ArchiveEntry): string | null
  /** What is read of the stream that holds the entries; a refusal where it is far longer than they state. */
  admitBytes(bytes: number): RefusedInputError | null
  /** Of all entries so far. */
  unpackedBytes(): number
  refuse(message: string, details: { wanted: string; got: string; cause?: unknown }): RefusedInputError
  /** What an error of reading or writing says of the archive; a disk's own errors stay as they are. */
  explain(error: unknown): unknown
}

const diskErrors = ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'EIO', 'EMFILE', 'ENFILE', 'ENOTDIR']
export const isDiskError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && diskErrors.includes(String(error.code))

/** @param bytes the archive's own size */
export function createArchiveGuard(path: string, bytes: number): ArchiveGuard {
  const called = quoteFromFile(basename(path))
  const largest = Math.min(byteLimit, Math.max(harmlessBytes, ratioLimit * bytes))
  let entries = 0
  let streamed = 0
  let unpacked = 0
  const refuse: ArchiveGuard['refuse'] = (message, details) =>
    new RefusedInputError(`The archive ${called} ${message}.`, {
      ...details,
      where: path,
      action: 'Take it from its official page again, or unpack it yourself and name the folder.',
    })
  const tooLarge = (): RefusedInputError =>
    refuse('is larger than a data set can be', {
      wanted: `at most ${entryLimit.toLocaleString('en-US')} entries and ${bytesText(largest)} unpacked`,
      got: 'more',
    })
  return {
    refuse,
    explain(error) {
      if (error instanceof RefusedInputError || isDiskError(error)) return error
      const got = error instanceof Error ? error.message : String(error)
      if (/relative path|absolute path|invalid characters/.test(got))
        return refuse('names a file outside itself', { wanted: 'names below one folder', got, cause: error })
      return refuse('cannot be read: it is damaged or cut short', { wanted: 'a whole archive', got, cause: error })
    },
    unpackedBytes: () => unpacked,
    admitBytes(bytes) {
      streamed += bytes
      return streamed > unpacked + entries * headerBytes + slackBytes ? tooLarge() : null
    },
    admit({ name, size, kind }) {
      entries += 1
      unpacked += size
      if (entries > entryLimit || unpacked > largest) throw tooLarge()
      if (kind !== 'file' && kind !== 'folder')
        throw refuse('holds something else than files', {
          wanted: 'files and folders',
          got: `${quoteFromFile(name)} of type ${kind}`,
        })
      if (/^([/\\]|[a-z]:)/i.test(name) || name.split(/[\\/]/).includes('..') || name.includes('\0'))
        throw refuse('names a file outside itself', { wanted: 'names below one folder', got: quoteFromFile(name) })
      const parts = name.split('/').filter((part) => part !== '' && part !== '.')
      return kind === 'folder' || parts.length === 0 || parts.some(isLeftover) ? null : parts.join('/')
    },
  }
}

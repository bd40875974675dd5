/**
 * What a file system or the database refuses with, in our words: the one place that knows their codes. An error of this
 * table crosses every border in these words (`toCauses`); the system's own stay in the log.
 */

export const storageFaultKinds = [
  'full',
  'quota',
  'medium',
  'denied',
  'readOnly',
  'missing',
  'noFolder',
  'noFile',
  'gone',
  'exists',
  'notEmpty',
  'busy',
  'tooManyOpen',
  'badName',
  'tooLarge',
  'otherDisk',
  'unopened',
  'damaged',
  'locked',
] as const
export type StorageFaultKind = (typeof storageFaultKinds)[number]

/** A row of the table. */
interface Row {
  /** Of the system, or of SQLite without what it adds after the second underscore. */
  readonly codes: readonly string[]
  /** What the database says where it gives no code. */
  readonly words?: RegExp
  readonly message: string
  /** What helps, before trying again. */
  readonly remedy: string
}

const table: Readonly<Record<StorageFaultKind, Row>> = {
  full: {
    codes: ['ENOSPC', 'SQLITE_FULL'],
    words: /database or disk is full/i,
    message: 'The disk is full.',
    remedy: 'Free some space on it',
  },
  quota: {
    codes: ['EDQUOT'],
    message: 'The space that your account may use on this disk is used up.',
    remedy: 'Delete what you no longer need there, or have your quota raised',
  },
  medium: {
    codes: ['EIO', 'EREMOTEIO', 'SQLITE_IOERR'],
    words: /disk I\/O error/i,
    message: 'The disk reports an error.',
    remedy: 'Check the disk, its connection or the network share (the system’s log says more)',
  },
  denied: {
    codes: ['EACCES', 'EPERM', 'SQLITE_PERM', 'SQLITE_AUTH'],
    message: 'Your account may not do that there.',
    remedy: 'Give your account the right to read and write there, or choose another place',
  },
  readOnly: {
    codes: ['EROFS', 'SQLITE_READONLY'],
    words: /readonly database/i,
    message: 'What lies there can only be read.',
    remedy: 'Make the disk or the folder writable, or choose another place',
  },
  missing: {
    codes: ['ENOENT'],
    message: 'A file or folder is missing.',
    remedy: 'Put it back; where it lies on a disk or share that was removed, connect it',
  },
  noFolder: {
    codes: ['ENOTDIR'],
    message: 'Something on the way to it is a file, not a folder.',
    remedy: 'Move that file away, or choose another place',
  },
  noFile: {
    codes: ['EISDIR'],
    message: 'A folder lies where a file should be.',
    remedy: 'Move the folder away, or choose another name',
  },
  gone: {
    codes: ['ESTALE', 'ENODEV', 'ENXIO', 'EHOSTDOWN', 'ENOTCONN'],
    message: 'The disk or the network share is not connected any more.',
    remedy: 'Connect it',
  },
  exists: {
    codes: ['EEXIST'],
    message: 'Something of this name is there already.',
    remedy: 'Choose another name, or move it away',
  },
  notEmpty: {
    codes: ['ENOTEMPTY'],
    message: 'The folder is not empty.',
    remedy: 'Move what it holds away',
  },
  busy: {
    codes: ['EBUSY', 'ETXTBSY'],
    message: 'Another program is using it.',
    remedy: 'End that program',
  },
  tooManyOpen: {
    codes: ['EMFILE', 'ENFILE'],
    message: 'Too many files are open.',
    remedy: 'End other programs, or raise the limit (ulimit -n)',
  },
  badName: {
    codes: ['ENAMETOOLONG', 'ELOOP', 'EILSEQ'],
    message: 'The file system does not take this name.',
    remedy: 'Choose a shorter and plainer one',
  },
  tooLarge: {
    codes: ['EFBIG', 'SQLITE_TOOBIG'],
    message: 'The file system takes no file of this size.',
    remedy: 'Choose a place on another file system',
  },
  otherDisk: {
    codes: ['EXDEV', 'EMLINK'],
    message: 'The two places lie on different disks.',
    remedy: 'Choose a place on the same disk',
  },
  unopened: {
    codes: ['SQLITE_CANTOPEN'],
    // Its driver gives no code where a file cannot be opened.
    words: /unable to open (?:database file|connection to local database)/i,
    message: 'The database cannot be opened.',
    remedy: 'See that its folder is there and that your account may read and write in it',
  },
  damaged: {
    codes: ['SQLITE_CORRUPT', 'SQLITE_NOTADB'],
    words: /file is not a database|disk image is malformed|malformed database schema|unsupported file format/i,
    message: 'The database is damaged.',
    remedy:
      'End the engine and start it: it moves the damaged file aside and begins anew with what the runs’ folders tell',
  },
  locked: {
    codes: ['SQLITE_BUSY', 'SQLITE_LOCKED'],
    words: /database (table )?is locked/i,
    message: 'Another program is using the database.',
    remedy: 'Close the program that has workspace.sqlite open',
  },
}

const rows = Object.entries(table) as [StorageFaultKind, Row][]

export interface StorageFault {
  readonly kind: StorageFaultKind
  readonly message: string
  /** Where the system says so. */
  readonly where?: string
  readonly action: string
}

/** What to do about a fault of this kind, and then. */
export const remedied = (kind: StorageFaultKind, then: string): string => `${table[kind].remedy}, then ${then}`

/** What the table says of an error of the system or the database; null where it is another. */
export function storageFaultOf(error: Error): StorageFault | null {
  const { code, path } = error as Error & { readonly code?: unknown; readonly path?: unknown }
  const found = typeof code === 'string' ? rowOfCode(code) : undefined
  const [kind, row] = found ?? (path === undefined ? rowOfWords(error.message) : undefined) ?? []
  if (!kind || !row) return null
  return {
    kind,
    message: row.message,
    where: typeof path === 'string' ? path : undefined,
    action: remedied(kind, 'try again.'),
  }
}

/** SQLITE_IOERR_WRITE is an SQLITE_IOERR. */
const rowOfCode = (code: string): [StorageFaultKind, Row] | undefined =>
  rows.find(([, { codes }]) => codes.some((known) => code === known || code.startsWith(`${known}_`)))

const rowOfWords = (message: string): [StorageFaultKind, Row] | undefined =>
  rows.find(([, { words }]) => words?.test(message) === true)

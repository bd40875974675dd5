/** Every file function of Node by what it does; the same names, with Sync or not, in all three styles. */
import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { mayCreate } from './openFiles'
import type { CallKind } from './plan'

export interface FileFunction {
  readonly kind: CallKind
  /** Which arguments are names; of functions of a descriptor none is. */
  readonly names: readonly number[]
}

const one = (kind: CallKind): FileFunction => ({ kind, names: [0] })
const two = (kind: CallKind): FileFunction => ({ kind, names: [0, 1] })
const ofDescriptor = (kind: CallKind): FileFunction => ({ kind, names: [] })

export const fileFunctions: Readonly<Record<string, FileFunction>> = {
  access: one('look'),
  exists: one('look'),
  stat: one('look'),
  lstat: one('look'),
  statfs: one('look'),
  realpath: one('look'),
  readlink: one('look'),
  readdir: one('look'),
  opendir: one('look'),
  readFile: one('readFile'),
  open: one('open'),
  writeFile: one('writeFile'),
  appendFile: one('writeFile'),
  copyFile: { kind: 'writeFile', names: [1, 0] },
  cp: { kind: 'writeFile', names: [1, 0] },
  truncate: one('truncate'),
  rename: two('name'),
  link: { kind: 'name', names: [1, 0] },
  symlink: { kind: 'name', names: [1] },
  mkdir: one('name'),
  mkdtemp: one('name'),
  rm: one('remove'),
  rmdir: one('remove'),
  unlink: one('remove'),
  chmod: one('attribute'),
  chown: one('attribute'),
  utimes: one('attribute'),
  read: ofDescriptor('read'),
  readv: ofDescriptor('read'),
  write: ofDescriptor('write'),
  writev: ofDescriptor('write'),
  ftruncate: ofDescriptor('truncate'),
  fsync: ofDescriptor('sync'),
  fdatasync: ofDescriptor('sync'),
  fstat: ofDescriptor('look'),
  fchmod: ofDescriptor('attribute'),
  futimes: ofDescriptor('attribute'),
}

/** Methods of a FileHandle, by the name of the function on a descriptor that each is. */
export const handleMethods: Readonly<Record<string, string>> = {
  read: 'read',
  readv: 'readv',
  readFile: 'read',
  write: 'write',
  writev: 'writev',
  writeFile: 'write',
  appendFile: 'write',
  truncate: 'ftruncate',
  sync: 'fsync',
  datasync: 'fdatasync',
  stat: 'fstat',
  chmod: 'fchmod',
  utimes: 'futimes',
}

/** Opening makes a file or does not. */
export const kindOf = (name: string, { kind }: FileFunction, args: readonly unknown[]): CallKind =>
  name === 'open' && mayCreate(args[1]) ? 'create' : kind

/** A name as given, absolute; null where it is none (a descriptor, a FileHandle). */
export function pathOf(given: unknown): string | null {
  if (typeof given === 'string') return resolve(given)
  if (given instanceof URL) return resolve(fileURLToPath(given))
  return Buffer.isBuffer(given) ? resolve(given.toString()) : null
}

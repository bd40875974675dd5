import { describe, expect, it } from 'vitest'
import {
  UserError,
  describeError,
  fromCauses,
  isAllOurs,
  sentenceOf,
  storageFaultBehind,
  toCauses,
  untoldStorageFault,
} from '../../../src/shared/errors'
import { storageFaultKinds, storageFaultOf } from '../../../src/shared/storageFaults'

const systemError = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: words of the system, open '${path ?? ''}'`), { code, path })

describe('what a disk refuses with', () => {
  it('crosses a border in our words, with what to do, and is known again behind it', () => {
    const failed = new UserError('The run could not be written.', { cause: systemError('ENOSPC', '/data/run.json') })
    const causes = toCauses(failed)
    expect(causes).toMatchObject([
      { message: 'The run could not be written.', forUser: true },
      { message: 'The disk is full.', where: '/data/run.json', forUser: true, storage: 'full' },
    ])
    expect(causes[1]?.action).toMatch(/^Free some space .* try again\.$/)
    const rebuilt = fromCauses(causes)
    expect(storageFaultBehind(rebuilt, 'full')?.where).toBe('/data/run.json')
    expect(storageFaultBehind(rebuilt, 'medium', 'denied')).toBeNull()
    expect(toCauses(rebuilt)).toEqual(causes)
    expect(describeError(rebuilt)).toContain('because: The disk is full. (/data/run.json)')
  })

  it.each([
    ['SQLITE_FULL', 'full'],
    ['SQLITE_IOERR_WRITE', 'medium'],
    ['SQLITE_READONLY_DBMOVED', 'readOnly'],
    ['SQLITE_CANTOPEN', 'unopened'],
    ['SQLITE_NOTADB', 'damaged'],
    ['EROFS', 'readOnly'],
    ['ESTALE', 'gone'],
  ])('%s is %s', (code, kind) => {
    expect(storageFaultOf(systemError(code))?.kind).toBe(kind)
  })

  it.each([
    ['database or disk is full', 'full'],
    ['disk I/O error', 'medium'],
    ['attempt to write a readonly database', 'readOnly'],
    ['unable to open database file', 'unopened'],
    ['database disk image is malformed', 'damaged'],
    ['file is not a database', 'damaged'],
    ['database is locked', 'locked'],
    ['ConnectionFailed("Unable to open connection to local database /data/workspace.sqlite: 14")', 'unopened'],
  ])('“%s” without a code is %s', (words, kind) => {
    expect(storageFaultOf(new Error(words))?.kind).toBe(kind)
  })

  it.each([
    Object.assign(new Error('malformed JSON'), { name: 'SqliteError', code: 'SQLITE_ERROR' }),
    new URIError('URI malformed'),
    new Error('pickle malformed: not a database of weights, but a disk image'),
  ])('“$message” is a fault of what asked, not of the disk', (error) => {
    expect(storageFaultOf(error)).toBeNull()
  })

  it('takes no better sentence’s place: where somebody says already what to do', () => {
    const cause = systemError('ENOENT', '/data/cifar')
    const told = new UserError('CIFAR-10 cannot be read: nothing lies there.', { action: 'Name its folder.', cause })
    expect(untoldStorageFault(told)).toBeNull()
    expect(untoldStorageFault(fromCauses(toCauses(told)))).toBeNull()
    for (const error of [cause, new UserError('The run could not be written.', { cause }), new Error('no', { cause })])
      expect(untoldStorageFault(error)?.kind).toBe('missing')
  })

  it('is told in whole sentences of its own, each another', () => {
    const told = new Set<string>()
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EACCES', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ESTALE']) {
      const fault = storageFaultOf(systemError(code))
      expect(fault?.message).toMatch(/^[A-Z].*\.$/)
      expect(fault?.action).toMatch(/^[A-Z].*\.$/)
      expect(`${fault?.message} ${fault?.action}`).not.toMatch(/E[A-Z]{3,}|SQLITE|undefined/)
      told.add(fault?.message ?? '')
    }
    expect(told.size).toBe(9)
    expect(new Set(storageFaultKinds).size).toBe(storageFaultKinds.length)
  })

  it('is no fault of the program, but the log is to keep what the system said', () => {
    expect(toCauses(systemError('EIO'))[0]?.forUser).toBe(true)
    expect(isAllOurs(systemError('EIO'))).toBe(false)
    expect(isAllOurs(fromCauses(toCauses(systemError('EIO'))))).toBe(true)
    expect(toCauses(new Error('x is not a function'))[0]?.forUser).toBe(false)
    expect(sentenceOf(systemError('EACCES', '/data/a'))).toBe('Your account may not do that there (/data/a).')
  })
})

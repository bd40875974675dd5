import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { displayFault, findDesktop, missingLibrary, needsNoSandbox } from '../../../tools/run/desktop.mjs'
import { installedElectron, prepareElectron } from '../../../tools/setup/electron.mjs'

let root: string
let directory: string
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  vi.stubEnv('ELECTRON_SKIP_BINARY_DOWNLOAD', '')
  root = mkdtempSync(join(tmpdir(), 'abd-electron-'))
  directory = join(root, 'node_modules/electron')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{"version":"39.0.0"}')
  writeFileSync(join(directory, 'install.js'), '')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

function install(version: string): void {
  mkdirSync(join(directory, 'dist'), { recursive: true })
  writeFileSync(join(directory, 'dist/version'), version)
  writeFileSync(join(directory, 'dist/electron'), '')
  writeFileSync(join(directory, 'path.txt'), 'electron')
}

it('remembers a failed download, so that the next start touches no network, until told to retry', () => {
  const run = vi.fn(() => ({ status: 1, stderr: 'no network' }))
  expect(prepareElectron({ root, run: run as never })).toBe(true)
  expect(prepareElectron({ root, run: run as never })).toBe(false)
  expect(run).toHaveBeenCalledTimes(1)
  const working = vi.fn(() => {
    install('39.0.0')
    return { status: 0 }
  })
  expect(prepareElectron({ root, retry: true, run: working as never })).toBe(true)
  expect(installedElectron(root)).toBe(join(directory, 'dist/electron'))
  expect(prepareElectron({ root, run: run as never })).toBe(false)
})

it('tries again for another version of Electron', () => {
  const run = vi.fn(() => ({ status: 1 }))
  prepareElectron({ root, run: run as never })
  writeFileSync(join(directory, 'package.json'), '{"version":"40.0.0"}')
  prepareElectron({ root, run: run as never })
  expect(run).toHaveBeenCalledTimes(2)
})

it('does not take an Electron of another version for the installed one', () => {
  install('38.0.0')
  expect(installedElectron(root)).toBeUndefined()
})

it('opens a window only with a binary, a display and its libraries, and else says in one line what is missing', () => {
  const display = { DISPLAY: ':0' }
  const fine = { electron: '/e', findMissing: () => undefined, noSandbox: false, displayOf: () => undefined }
  expect(findDesktop({ environment: display, ...fine })).toEqual({ executable: '/e', arguments: [] })
  expect(findDesktop({ environment: display, ...fine, noSandbox: true })).toEqual({
    executable: '/e',
    arguments: ['--no-sandbox'],
  })
  expect(findDesktop({ environment: {}, ...fine, displayOf: displayFault })).toEqual({ reason: 'there is no display' })
  expect(findDesktop({ environment: display, ...fine, findMissing: () => 'libnss3.so' }).reason).toMatch(
    /libnss3\.so.*apt-get install/,
  )
  expect(
    findDesktop({ environment: { ...display, ABD_ELECTRON: '' }, ...fine, electron: undefined as never }).reason ?? '',
  ).not.toContain('\n')
})

it('finds a display that is dead', () => {
  const only = (file: string) => (name: string) => name === file
  const fault = displayFault as (
    environment: Record<string, string>,
    exists: (name: string) => boolean,
  ) => string | undefined
  expect(fault({ DISPLAY: ':7.0' }, only('/tmp/.X11-unix/X7'))).toBeUndefined()
  expect(fault({ DISPLAY: ':7' }, only(''))).toContain('DISPLAY=:7')
  expect(fault({ DISPLAY: 'localhost:10.0' }, only(''))).toBeUndefined()
  expect(
    fault({ WAYLAND_DISPLAY: 'wayland-0', XDG_RUNTIME_DIR: '/run/user/1' }, only('/run/user/1/wayland-0')),
  ).toBeUndefined()
  expect(fault({ WAYLAND_DISPLAY: 'wayland-0', XDG_RUNTIME_DIR: '/run/user/1' }, only(''))).toContain(
    'WAYLAND_DISPLAY=wayland-0',
  )
})

it('names the first library that is not found', () => {
  const run = (stdout: string) => (() => ({ stdout })) as never
  expect(
    missingLibrary(
      '/e',
      run('\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibnss3.so => not found\n\tlibgbm.so.1 => not found\n'),
    ),
  ).toBe('libnss3.so')
  expect(missingLibrary('/e', run('\tlibc.so.6 => /lib/libc.so.6 (0x1)\n'))).toBeUndefined()
})

it("leaves Chromium's sandbox on where the system allows it", () => {
  expect(needsNoSandbox({ userId: 1000, read: () => '' })).toBe(false)
  expect(needsNoSandbox({ userId: 0, read: () => '' })).toBe(true)
  expect(needsNoSandbox({ userId: 1000, read: (file: string) => (file.includes('apparmor') ? '1' : '') })).toBe(true)
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { markPackagesInstalled, packagesState } from '../../../tools/setup/packages.mjs'

let root: string
const write = (name: string, value: unknown): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), JSON.stringify(value))
}
const lock = (version: string): unknown => ({
  packages: {
    '': { name: 'x' },
    'node_modules/a': { version },
    'node_modules/only-windows': { version: '1.0.0', optional: true },
  },
})

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'abd-packages-'))
  write('package-lock.json', lock('1.0.0'))
})
afterEach(() => rmSync(root, { recursive: true }))

it('is stale without node_modules', () => {
  expect(packagesState(root)).toBe('stale')
})

it('is fresh after an installation, and stale once the lock file changes', () => {
  markPackagesInstalled(root)
  expect(packagesState(root)).toBe('fresh')
  write('package-lock.json', lock('1.0.1'))
  expect(packagesState(root)).toBe('stale')
})

it('adopts what the user installed with npm, when it is what the lock file says', () => {
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } })
  expect(packagesState(root)).toBe('adopted')
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '0.9.0' } } })
  expect(packagesState(root)).toBe('stale')
  write('node_modules/.package-lock.json', { packages: {} })
  expect(packagesState(root)).toBe('stale')
})

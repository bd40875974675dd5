import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildIsFresh, sourceHash } from '../../../tools/run/build.mjs'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'abd-build-'))
  mkdirSync(join(root, 'src/deep'), { recursive: true })
  mkdirSync(join(root, 'out/main'), { recursive: true })
  writeFileSync(join(root, 'src/deep/a.ts'), 'a')
  writeFileSync(join(root, 'out/main/cli.js'), '')
  writeFileSync(join(root, 'out/.abd-build.json'), JSON.stringify({ hash: sourceHash(root) }))
})
afterEach(() => rmSync(root, { recursive: true }))

it('goes by content, not by time', () => {
  utimesSync(join(root, 'src/deep/a.ts'), 5, 5)
  expect(buildIsFresh(root)).toBe(true)
  writeFileSync(join(root, 'src/deep/a.ts'), 'b')
  expect(buildIsFresh(root)).toBe(false)
})

it('sees a renamed file and a missing output', () => {
  renameSync(join(root, 'src/deep/a.ts'), join(root, 'src/deep/b.ts'))
  expect(buildIsFresh(root)).toBe(false)
  renameSync(join(root, 'src/deep/b.ts'), join(root, 'src/deep/a.ts'))
  expect(buildIsFresh(root)).toBe(true)
  rmSync(join(root, 'out/main/cli.js'))
  expect(buildIsFresh(root)).toBe(false)
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openedFileOf } from '../../../src/main/electron/openedFile'
import { removeFolder } from '../../fixtures/removeFolder'

const folder = mkdtempSync(join(tmpdir(), 'abd-opened-'))
const file = join(folder, 'my run.abdrun')
writeFileSync(file, '')
afterAll(() => removeFolder(folder))

it.each<[string[], string | null]>([
  [['abd-workbench', file], file],
  [['electron', '--no-sandbox', 'main.js', '--workspace', '/w', 'my run.abdrun'], file],
  [['abd-workbench', join(folder, 'gone.abdrun')], null],
  [['abd-workbench', '--file=my run.abdrun'], null],
  [['abd-workbench', 'notes.txt'], null],
  [['my run.abdrun'], null],
])('the file that the desktop opens: %j', (argv, wanted) => {
  expect(openedFileOf(argv, folder)).toBe(wanted)
})

import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore } from '../../../src/main/engine/control/store'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-private-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const modeOf = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8)
const open = (): void => openStore(folder).close()

it('what an earlier version left open to others is closed, what is not ours stays as it is', () => {
  for (const name of ['runs', 'stages', 'logs', 'papers']) mkdirSync(join(folder, name))
  for (const name of ['runs', 'stages', 'logs', 'papers']) chmodSync(join(folder, name), 0o755)
  writeFileSync(join(folder, 'notes.txt'), '')
  chmodSync(join(folder, 'notes.txt'), 0o644)
  open()
  expect(['runs', 'stages', 'logs', 'papers', 'notes.txt', 'workspace.sqlite'].map(modeOf)).toEqual([
    '700',
    '700',
    '700',
    '755',
    '644',
    '600',
  ])
})

it('who opens it to others later is not closed out again', () => {
  open()
  chmodSync(join(folder, 'runs'), 0o750)
  open()
  expect(modeOf('runs')).toBe('750')
})

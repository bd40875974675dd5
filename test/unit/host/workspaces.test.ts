import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { argumentsFor, createRecentWorkspaces, openWorkspaceWindow } from '../../../src/main/electron/workspaces'

it('lists the workspaces that are there still, the newest first, each once', () => {
  const home = mkdtempSync(join(tmpdir(), 'abd-recent-'))
  const file = join(home, 'config', 'workspaces.json')
  const recent = createRecentWorkspaces(file)
  expect(recent.list()).toEqual([])
  const [one, two, gone] = ['one', 'two', 'gone'].map((name) => join(home, name)) as [string, string, string]
  for (const folder of [one, two, gone]) mkdirSync(folder)
  for (const folder of [one, gone, two, one]) recent.note(folder)
  rmSync(gone, { recursive: true })
  expect(recent.list()).toEqual([one, two])
  writeFileSync(file, '{"not": "a list"')
  expect(recent.list()).toEqual([])
})

it('starts another application with the same arguments but the workspace', () => {
  const argv = ['electron', '--no-sandbox', '--workspace', '/a', 'main.js', '--workspace=/b']
  expect(argumentsFor('/c', argv)).toEqual(['--no-sandbox', 'main.js', '--workspace=/c'])
})

it('says when the program is gone that would open another workspace', async () => {
  await expect(openWorkspaceWindow('/c', '/no/such/program')).rejects.toThrow('ENOENT')
})

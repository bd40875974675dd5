import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ownProcessFiles, ownProcessFolders } from '../../ownProcess'

/** What a test that shares its process would leave to the next one: modules in another form, an environment, a place. */
const leftToOthers =
  /\bvi\.(?:mock|doMock|stubEnv|stubGlobal|resetModules)\(|\bprocess\.env(?:\.\w+|\[[^\]]+\]) *=[^=]|delete process\.env|\bprocess\.chdir\(/

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file.replaceAll('\\', '/')}`)

it('what changes its process has one of its own', () => {
  const shared = ['test/unit', 'test/contract', 'test/examples']
    .flatMap(filesOf)
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.tf.test.ts'))
    .filter((file) => !ownProcessFiles.includes(file))
    .filter((file) => !ownProcessFolders.some((folder) => file.startsWith(`test/unit/${folder}/`)))
  expect(shared.length).toBeGreaterThan(100)
  expect(shared.filter((file) => leftToOthers.test(readFileSync(file, 'utf8')))).toEqual([])
})

it('names no test that is gone', () => {
  const named = [...ownProcessFiles, ...ownProcessFolders.map((folder) => `test/unit/${folder}`)]
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

/** Text of a file that is none of what was asked for stands in no error. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openRunFile } from '../../../../src/main/engine/control/exports/runFile'
import { parseTestList } from '../../../../src/main/engine/families/datasets/gtsrb/testList'
import { importCheckpoint } from '../../../../src/main/engine/families/importers'
import { zipChunks } from '../../../../src/main/engine/weights/zipWriter'
import { toCauses } from '../../../../src/shared/errors'

const secret = 'root:$6$saltysalt$hash:19000:0:99999:7:::'
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-echo-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const told = async (work: () => unknown): Promise<string> => {
  try {
    return JSON.stringify(await work())
  } catch (error) {
    return JSON.stringify(toCauses(error))
  }
}
const expectUnsaid = (text: string): void => {
  expect(text.length).toBeGreaterThan(20)
  expect(text).not.toMatch(/root|salty|72 6f 6f 74/)
}

it('a text that is no weights file, whatever it is called', async () => {
  for (const name of ['shadow', 'shadow.pt', 'shadow.safetensors', 'shadow.onnx']) {
    const file = join(folder, name)
    writeFileSync(file, `${secret}\n`)
    expectUnsaid(await told(async () => (await importCheckpoint(file)).refusal?.message))
    expectUnsaid(await told(async () => toCauses((await importCheckpoint(file)).refusal)))
  }
})

it('a run’s file whose description is something else', async () => {
  const file = join(folder, 'x.abdrun')
  writeFileSync(file, Buffer.concat(zipChunks([{ name: 'abdrun.json', bytes: Buffer.from(secret) }])))
  expectUnsaid(await told(() => openRunFile(file)))
})

it('a list of labels that is none', async () => {
  const list = { count: 43, action: '' }
  expectUnsaid(await told(() => parseTestList(`${secret}\n${secret}`, 'list', list)))
  expectUnsaid(await told(() => parseTestList(`Filename;ClassId\n${secret}`, 'list', list)))
})

/** A weights file is read in a process of its own: control outlives whatever the file does to it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createModelInspector } from '../../../../src/main/engine/control/api/inspectModel'
import { bundle } from '../../../fixtures/bundle'
import { encodeTorch } from '../../../../src/main/engine/families/exporters/torchArchive'
import { temporaryFolder, wideResNet } from '../../importers/craft/files'

describe('the inspector', () => {
  const folder = temporaryFolder()
  const scriptOf = (name: string, source: string): string => {
    const path = join(folder, `${name}.cjs`)
    writeFileSync(path, source)
    return path
  }

  it('tells what a good and a bad file hold', async () => {
    const inspect = createModelInspector({ script: await bundle('src/main/engine/entries/inspector.ts') })
    writeFileSync(join(folder, 'good.pt'), Buffer.concat(encodeTorch(wideResNet(10, 1, 10))))
    writeFileSync(join(folder, 'bad.pt'), 'PK')
    expect(await inspect({ file: join(folder, 'good.pt') })).toMatchObject({
      accepted: true,
      reason: null,
      format: 'torch-zip',
      tensors: 46,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    })
    expect(await inspect({ file: join(folder, 'bad.pt') })).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('no PyTorch checkpoint') as unknown,
    })
  })

  it('refuses a file on which the process dies, runs out of memory or takes too long', async () => {
    const dying = createModelInspector({
      script: scriptOf('dying', "process.on('message', () => process.kill(process.pid, 'SIGSEGV'))"),
    })
    expect(await dying({ file: 'x' })).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/process that read the file ended \(SIGSEGV\)/) as unknown,
    })
    const hungry = createModelInspector({
      heap: 32,
      script: scriptOf(
        'hungry',
        "process.on('message', () => { const kept = []; for (;;) kept.push([Math.random()]) })",
      ),
    })
    expect(await hungry({ file: 'x' })).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/for want of memory/) as unknown,
    })
    const endless = createModelInspector({
      timeout: 300,
      script: scriptOf('endless', "process.on('message', () => { for (;;); })"),
    })
    expect(await endless({ file: 'x' })).toMatchObject({
      accepted: false,
      reason: 'Reading the file took longer than 0.3 seconds and was stopped.',
    })
  })

  it('ends the process when the call is cancelled, and passes faults of the program on', async () => {
    const controller = new AbortController()
    const endless = createModelInspector({ script: scriptOf('waiting', "process.on('message', () => { for (;;); })") })
    const answer = expect(endless({ file: 'x' }, controller.signal)).rejects.toThrow('enough')
    controller.abort(new Error('enough'))
    await answer
    const faulty = createModelInspector({
      script: scriptOf(
        'faulty',
        "process.on('message', () => process.send({ causes: [{ name: 'Error', message: 'a fault', forUser: false }] }, () => process.exit()))",
      ),
    })
    await expect(faulty({ file: 'x' })).rejects.toThrow('a fault')
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ImageSet } from '../../../src/main/engine/images/types'
import { refuseUnfitMethod } from '../../../src/main/engine/families/distillation/fit'

const folder = mkdtempSync(join(tmpdir(), 'abd-fit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const images = (side: number, count = 100): ImageSet => ({
  count,
  height: side,
  width: side,
  channels: 3,
  pixels: new Uint8Array(0),
  labels: new Int32Array(0),
})

describe('the data stage', () => {
  it('lets a method pass that can use these images', async () => {
    await expect(refuseUnfitMethod({ id: 'cmi', params: {} }, images(32))).resolves.toBeUndefined()
    await expect(refuseUnfitMethod({ id: 'kd', params: { percent: 0.01 } }, images(30))).resolves.toBeUndefined()
  })

  it('refuses what could only be told from the images', async () => {
    await expect(refuseUnfitMethod({ id: 'cmi', params: {} }, images(30))).rejects.toMatchObject({
      name: 'RefusedInputError',
      message: 'CMI cannot be run like this.',
      wanted: 'image sides that are multiples of 4',
      got: '30 × 30',
      where: 'distillation.method.id',
    })
    await expect(refuseUnfitMethod({ id: 'kd', params: { percent: 0.001 } }, images(32))).rejects.toMatchObject({
      where: 'distillation.method.params.percent',
      wanted: 'a share of at least one of the 100 training images',
    })
  })

  it('reads the picture that the method is made from', async () => {
    const picture = join(folder, 'notes.png')
    writeFileSync(picture, 'no picture')
    await expect(refuseUnfitMethod({ id: 'ood', params: { picture } }, images(32))).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'distillation.method.params.picture',
      cause: { message: expect.stringContaining('notes.png') as string },
    })
  })
})

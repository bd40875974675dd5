import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { attacks } from '../../../../src/main/engine/families/attacks'
import { createDataService } from '../../../../src/main/engine/control/api/dataService'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { datasets } from '../../../../src/main/engine/families/datasets'
import { distillationMethods } from '../../../../src/main/engine/families/distillation'
import { createPatches } from '../../../../src/main/engine/families/distillation/oneImage/patches'
import { drawPicture } from '../../../../src/main/engine/families/distillation/oneImage/picture'
import { createStream } from '../../../../src/main/engine/maths/random'

const folder = mkdtempSync(join(tmpdir(), 'abd-patches-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const service = createDataService({ datasets, attacks, methods: distillationMethods }, folder)
const configOf = (params: Record<string, unknown>, id = 'ood') =>
  resolveExperiment({ seed: 5, data: { id: 'signs' }, distillation: { method: { id, params } } }, memberTable(families))
    .config

it('shows the first patches of the run, and the picture', async () => {
  const { patches, picture, total } = await service.patchPreview(
    configOf({ patches: 500, pictureSeed: 2, patchSeed: 4 }),
    12,
  )
  const whole = createPatches(
    await drawPicture(2, 3),
    { count: 500, height: 32, width: 32, smallest: 0.002, largest: 1, rotation: 35, flips: true, colour: 0.2 },
    createStream(4, 'patches'),
  )
  whole.need([0, 11])
  const size = 32 * 32 * 3
  for (const patch of [0, 11])
    expect(patches.pixels.slice(patch * size, (patch + 1) * size)).toEqual(
      whole.set.pixels.slice(patch * size, (patch + 1) * size),
    )
  expect([patches.count, patches.height, total]).toEqual([12, 32, 500])
  expect([picture.count, picture.height, picture.width, picture.pixels.length]).toEqual([1, 256, 256, 256 * 256 * 3])
})

it('shows no more patches than there are', async () => {
  expect((await service.patchPreview(configOf({ patches: 3, batchSize: 2 }), 12)).patches.count).toBe(3)
})

it('names a picture that cannot be read', async () => {
  const file = join(folder, 'notes.png')
  writeFileSync(file, 'no picture')
  await expect(service.patchPreview(configOf({ picture: file }), 12)).rejects.toMatchObject({
    name: 'RefusedInputError',
    message: expect.stringContaining('notes.png'),
  })
})

it('refuses a method that makes none, and a value that is refused', async () => {
  await expect(service.patchPreview(configOf({}, 'zskt'), 12)).rejects.toThrow('makes no patches')
  await expect(
    service.patchPreview(
      {
        ...configOf({}),
        distillation: { ...configOf({}).distillation, method: { id: 'ood', params: { rotation: 999 } } },
      },
      12,
    ),
  ).rejects.toMatchObject({ name: 'RefusedInputError', where: 'distillation.method.params.rotation' })
})

/** What the lint says reaches preview, data stage and command line as it was meant. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { attacks } from '../../../../src/main/engine/families/attacks'
import { createDataService } from '../../../../src/main/engine/control/api/dataService'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { datasets } from '../../../../src/main/engine/families/datasets'
import { distillationMethods } from '../../../../src/main/engine/families/distillation'
import { prepareData, refuseBadTrigger } from '../../../../src/main/engine/trainer/data'
import { UserError } from '../../../../src/shared/errors'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const folder = mkdtempSync(join(tmpdir(), 'abd-lint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const configOf = (change: PartialExperimentConfig) =>
  resolveExperiment(
    { data: { id: 'signs', params: { trainImages: 200, testImages: 150 } }, ...change },
    memberTable(families),
  ).config

describe('the trigger lint', () => {
  it('plans drawn signs from their labels alone: counts stand in the first preview', async () => {
    const service = createDataService({ datasets, attacks, methods: distillationMethods }, folder)
    const { findings } = await service.triggerPreview(configOf({ attack: { id: 'badnet_sq' } }), {
      first: 0,
      count: 8,
      poisonable: false,
    })
    expect(findings.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('of 200 training images are poisoned'),
        'The attack success rate counts 135 triggered test images; the 15 of the target class 0 are left out.',
      ]),
    )
  })

  it('knows labels that equal those of the loaded set', async () => {
    const params = { seed: 0, trainImages: 60, testImages: 30 } as never
    const loaded = await datasets.get('signs').load(params, { cacheFolder: folder })
    expect(datasets.get('signs').labels?.(params)).toEqual({ train: loaded.train.labels, test: loaded.test.labels })
  })

  it('begins a preview at an image that the attack may poison, if it is asked to', async () => {
    const service = createDataService({ datasets, attacks, methods: distillationMethods }, folder)
    const [dirty, clean] = [false, true].map(
      (kind) => attacks.members.find(({ cleanLabel }) => cleanLabel === kind)?.id,
    )
    const shown = async (id = '', target = 0) => {
      const config = configOf({ attack: { id }, poisoning: { target } })
      const { firstImage, labels } = await service.triggerPreview(config, { first: 0, count: 1, poisonable: true })
      return [firstImage, labels[0]]
    }
    const all = await service.images(configOf({}).data, { split: 'train', first: 0, count: 20 })
    const target = all.labels[0] ?? 0
    const other = all.labels.findIndex((label) => label !== target)
    const names = datasets.get('signs').facts.classNames ?? []
    expect(await shown(dirty, target)).toEqual([other, names[all.labels[other] ?? 0]])
    expect(await shown(clean, target)).toEqual([0, names[target]])
  })

  it('stops a run whose trigger changes nothing, saying what to change', async () => {
    const { findings } = await prepareData(configOf({ attack: { id: 'blend', params: { ratio: 0 } } }), folder)
    expect(() => refuseBadTrigger(findings)).toThrow(UserError)
    expect(() => refuseBadTrigger(findings)).toThrow('changes no pixel')
  })

  it('plans nothing for a teacher from a file, in the preview as in the data stage; what it says of the test images stays', async () => {
    const config = configOf({ attack: { id: 'badnet_sq' }, teacher: { source: 'file', file: '/teacher.pt' } })
    const { findings, poisonedCount, train } = await prepareData(config, folder)
    const preview = await createDataService({ datasets, attacks, methods: distillationMethods }, folder).triggerPreview(
      config,
      { first: 0, count: 8, poisonable: false },
    )
    for (const messages of [findings, preview.findings].map((found) => found.map(({ message }) => message))) {
      expect(messages).toContain(
        'No image is poisoned here: the teacher comes from a file, and the trigger is put on test images only.',
      )
      expect(messages).toContain(
        'The attack success rate counts 135 triggered test images; the 15 of the target class 0 are left out.',
      )
      expect(messages.join(' ')).not.toMatch(/are poisoned|Teacher training|Random (crops|flips)/)
    }
    expect(poisonedCount).toBeNull()
    expect(() => train()).toThrow('no poisoned training set')
  })

  it('lets a sound trigger pass', async () => {
    const { findings, warnings } = await prepareData(configOf({ attack: { id: 'badnet_sq' } }), folder)
    expect(() => refuseBadTrigger(findings)).not.toThrow()
    expect(findings.some(({ severity }) => severity === 'ok')).toBe(true)
    for (const { severity, message } of findings) expect(warnings.includes(message)).toBe(severity === 'warning')
  })
})

import { describe, expect, it } from 'vitest'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { poisoningIssues } from '../../../../src/main/engine/control/experiments/poisoningIssues'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { attacks } from '../../../../src/main/engine/families/attacks'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const said = (config: PartialExperimentConfig): string[] =>
  poisoningIssues(resolveExperiment(config, table).config, { costs, table }).map(
    ({ path, severity, message }) => `${severity} ${path} ${message}`,
  )
const idOf = (cleanLabel: boolean): string =>
  attacks.members.find((attack) => attack.cleanLabel === cleanLabel)?.id ?? expect.fail('There is no such attack.')
const cifar = { id: 'cifar10', params: { folder: '/cifar' } }
const poisoning = (ratio: number, holdout = 0.05) => ({ ratio, holdout })

describe('how many images a poison ratio comes to', () => {
  it('a clean-label attack that needs its whole class is warned of, with the numbers', () => {
    expect(said({ data: cifar, attack: { id: idOf(true) }, poisoning: poisoning(0.1) })).toEqual([
      'warning poisoning.ratio asks for 5,000 of the 50,000 training images, and a clean-label attack has only those of the target class 0, about 4,750: every one of them would carry the trigger, so that the teacher may learn it in place of the class; 0.048 leaves half of the class clean',
    ])
    expect(said({ data: cifar, attack: { id: idOf(true) }, poisoning: poisoning(0.09) })).toEqual([])
    expect(said({ data: cifar, attack: { id: idOf(true) }, poisoning: poisoning(0.1, 0) })).toEqual([
      expect.stringContaining('class 0, 5,000:'),
    ])
  })
  it('counts the classes of the built-in set from its own settings', () => {
    const data = { id: 'signs', params: { trainImages: 1000 } }
    expect(said({ data, attack: { id: idOf(true) }, poisoning: poisoning(0.1, 0) })).toEqual([
      expect.stringContaining('asks for 100 of the 1,000 training images'),
    ])
  })
  it('other attacks may take nearly everything', () => {
    expect(said({ data: cifar, attack: { id: idOf(false) }, poisoning: poisoning(0.1) })).toEqual([])
    expect(said({ data: cifar, attack: { id: idOf(false) }, poisoning: poisoning(0.9, 0) })).toEqual([
      expect.stringContaining('only 45,000 are of another class than the target 0'),
    ])
  })
  it('less than one image is none', () => {
    expect(said({ data: cifar, poisoning: poisoning(0.00001) })).toEqual([
      'warning poisoning.ratio is less than one of the 50,000 training images: the teacher is trained clean; one image is 0.00002',
    ])
  })
  it('nothing where nothing is poisoned, and where nobody knows the counts', () => {
    expect(said({ data: cifar, attack: { id: idOf(true) }, poisoning: poisoning(0) })).toEqual([])
    expect(said({ data: cifar, attack: { id: idOf(true) }, teacher: { source: 'file', file: '/t.pt' } })).toEqual([])
    expect(
      said({
        data: { id: 'image_folder', params: { folder: '/p' } },
        attack: { id: idOf(true) },
        poisoning: poisoning(1),
      }),
    ).toEqual([])
  })
  it.each(['cifar10', 'cifar100', 'mnist', 'fashion_mnist', 'svhn', 'gtsrb'])('%s has as many as published', (id) => {
    const totals: Record<string, number> = { mnist: 60_000, fashion_mnist: 60_000, svhn: 73_257, gtsrb: 39_209 }
    const counts = costs.trainPerClass({ id, params: {} }) ?? []
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(totals[id] ?? 50_000)
  })
})

/**
 * What the registries' own declarations say about time and about what cannot work, by the images of the chosen data
 * set.
 */
import { describe, expect, it } from 'vitest'
import { zsktGeneratorCost } from '../../../../src/main/engine/families/architectures/generators/zskt'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { estimateTime } from '../../../../src/main/engine/control/experiments/estimate'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'

const folderOf = (size: number, colour = 'rgb') => ({
  id: 'image_folder',
  params: { folder: '/pictures', size, colour },
})
const member = (id: string, params: Record<string, string | number | boolean> = {}) => ({ id, params })
const signs = member('signs')

describe('costs', () => {
  it('grow with the pixels of an image folder', () => {
    const forward = (size: number): number => costs.forward(member('wrn'), folderOf(size)) ?? NaN
    expect(forward(32)).toBe(costs.forward(member('wrn'), signs))
    expect(forward(224) / forward(32)).toBeCloseTo(49, 1)
    expect(costs.forward(member('wrn'), folderOf(32, 'grey'))).toBeLessThan(forward(32))
  })

  it('take the generator of the image size', () => {
    const workOf = (id: string, size: number) =>
      costs.distillation(
        resolveExperiment({ data: folderOf(size), distillation: { method: member(id) } }, memberTable(families)).config,
      )
    const sideOf = (size: number) => ({ latent: 100, width: 128, channels: 3, height: size, imageWidth: size })
    for (const size of [32, 224])
      expect(workOf('zskt', size)?.ownMultiplyAdds).toBe(128 * 4 * zsktGeneratorCost(sideOf(size)).multiplyAdds)
    // From 8 × 8 on in five steps, not from 56 × 56: less than by pixels.
    expect(zsktGeneratorCost(sideOf(224)).multiplyAdds).toBeLessThan(10 * zsktGeneratorCost(sideOf(32)).multiplyAdds)
    expect(workOf('deepinversion', 30)).toMatchObject({ ownMultiplyAdds: 0 })
    expect(workOf('zskt', 30)).toBeUndefined()
  })

  it('make the estimate of larger images longer', () => {
    const seconds = (size: number) =>
      estimateTime(resolveExperiment({ data: folderOf(size) }, memberTable(families)).config, {
        costs,
        finished: [],
        machine: { threads: 2 },
      }).totalSeconds
    expect(seconds(224)).toBeGreaterThan(20 * seconds(32))
  })

  it.each(['zskt', 'cmi'])('say beforehand that the generator of %s cannot make images of 30 pixels', (method) => {
    expect(costs.faults(member(method), folderOf(30)).map(({ wanted }) => wanted)).toEqual([
      expect.stringContaining('multiples of 4'),
    ])
    expect(costs.faults(member(method), folderOf(224))).toEqual([])
    expect(costs.faults(member(method), signs)).toEqual([])
  })

  it('say beforehand that a network cannot read images of this size', () => {
    expect(costs.refusal(member('lenet'), folderOf(224))).toContain('224 × 224')
    expect(costs.refusal(member('lenet'), member('mnist', { size: '28' }))).toBeNull()
    expect(costs.refusal(member('lenet'), member('gtsrb', { size: '48' }))).toContain('48 × 48')
  })

  it('stay those of the usual size while a value is not valid', () => {
    expect(costs.faults(member('zskt'), { id: 'image_folder', params: { size: 'large' } })).toEqual([])
    expect(costs.faults(member('zskt'), member('no_such_set'))).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { cmiGeneratorCost } from '../../../../src/main/engine/families/architectures/generators/cmi'
import { zsktGeneratorCost } from '../../../../src/main/engine/families/architectures/generators/zskt'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { contrastCost } from '../../../../src/main/engine/families/distillation/inversion/head'

const table = memberTable(families)
const image = { channels: 3, height: 32, imageWidth: 32 }
const workOf = (
  id: string,
  params: Record<string, unknown> = {},
  architecture = { id: 'wrn', params: { depth: 16, width: 2 } },
) => {
  const work = costs.distillation(
    resolveExperiment({ teacher: { architecture }, distillation: { method: { id, params } } }, table).config,
  )
  if (!work) throw new Error(`No work of ${id}.`)
  return work
}

describe('what a generator costs', () => {
  it('follows its layers; a convolution over an upsampled image takes 4 multiply-adds instead of 9', () => {
    const zskt = 100 * 8 * 8 * 128 + 4 * 128 * 128 * 16 * 16 + 4 * 128 * 64 * 32 * 32 + 9 * 64 * 3 * 32 * 32
    expect(zsktGeneratorCost({ ...image, latent: 100, width: 128 }).multiplyAdds).toBe(zskt)
    const cmi = (latent: number, first: number): number =>
      latent * 8 * 8 * first + 4 * first * 128 * 16 * 16 + 4 * 128 * 64 * 32 * 32 + 9 * 64 * 3 * 32 * 32
    expect(cmiGeneratorCost({ ...image, latent: 256, width: 64, large: false }).multiplyAdds).toBe(cmi(256, 128))
    expect(cmiGeneratorCost({ ...image, latent: 512, width: 64, large: true }).multiplyAdds).toBe(cmi(512, 256))
  })
})

describe('what a method does per pseudo batch', () => {
  const large = (latent: number): number => cmiGeneratorCost({ ...image, latent, width: 64, large: true }).multiplyAdds

  it('counts the batches that a kept generator makes for the student', () => {
    const work = workOf('dfq')
    expect(work.ownMultiplyAdds).toBe(large(256) * (3 * 256 + 10 * 256))
    expect(work).toMatchObject({
      studentForwards: 3 * 2560 + 2 * 256,
      // One more beside the pass both ways for the statistics of its batch norms.
      teacherForwards: (2 + 1) * 256 + 2560,
      studentImages: 2560,
      defendedImages: 256,
    })
  })

  it('leaves the student out of a synthesis that does not ask it', () => {
    expect(workOf('dafl')).toMatchObject({ studentForwards: 3 * 5 * 256, ownMultiplyAdds: large(512) * (3 + 5) * 256 })
  })

  it('counts CMI’s second view, its head, and the comparison with the remembered images', () => {
    const small = cmiGeneratorCost({ ...image, latent: 256, width: 64, large: false }).multiplyAdds
    const made = 200 * 256
    // WRN-16-2: the inputs of its thirteen batch norms.
    const features = 16 + 3 * 32 + 32 + 3 * 64 + 64 + 3 * 128 + 128
    const head = contrastCost({ features, outputs: 256, rows: 256 + 4096 })
    expect(workOf('cmi')).toMatchObject({
      teacherForwards: (2 * 2 + 2.5) * made + 256 + 400 * 128,
      ownMultiplyAdds: 3 * made * small + 200 * head,
    })
    expect(workOf('cmi', { contrastiveWeight: 0 })).toMatchObject({
      teacherForwards: (2 + 1) * made + 256 + 400 * 128,
      ownMultiplyAdds: 3 * made * small,
    })
    const deep = workOf('cmi', {}, { id: 'resnet', params: { depth: '34', stem: 'small' } as never })
    expect(deep.ownMultiplyAdds - 3 * made * small).toBe(
      200 * contrastCost({ features: 64 + 64 + 128 + 256, outputs: 256, rows: 256 + 4096 }),
    )
  })

  it('has no generator where pixels, patches or real images are learnt from', () => {
    for (const id of ['deepinversion', 'ood', 'kd']) expect(workOf(id).ownMultiplyAdds).toBe(0)
  })

  it('counts ZSKT’s generator once both ways and once more for the batch', () => {
    expect(workOf('zskt')).toMatchObject({
      studentForwards: 128 * (30 + 2),
      teacherForwards: 128 * 3,
      ownMultiplyAdds: 128 * 4 * zsktGeneratorCost({ ...image, latent: 100, width: 128 }).multiplyAdds,
    })
  })
})

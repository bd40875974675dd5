import { describe, expect, it } from 'vitest'
import { perturbedCount } from '../../../src/main/engine/defenses/selfRetrospection/parameters'

describe('the perturbed share of a batch', () => {
  it.each([[128, 0.02, 2], [16, 0.125, 2], [16, 0.02, 1], [64, 0.75, 48], [8, 1, 8], [8, 0, 1]])('of %i images at %d is %i, as the reference’s int() counts, but never none', (count, portion, wanted) => {
    expect(perturbedCount(count, portion)).toBe(wanted)
  })
})

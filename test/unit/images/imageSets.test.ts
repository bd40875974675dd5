import { describe, expect, it } from 'vitest'
import { evenlyByClass } from '../../../src/main/engine/images/imageSets'

describe('places evenly over classes', () => {
  it('are of every class where classes take turns, which every tenth image would not be', () => {
    const labels = Array.from({ length: 1000 }, (_, place) => place % 10)
    const taken = evenlyByClass(labels, 100)
    expect(new Set(taken.map((place) => labels[place])).size).toBe(10)
    expect(taken.filter((place) => labels[place] === 3)).toHaveLength(10)
    expect(taken).toEqual([...taken].sort((left, right) => left - right))
  })
  it('are of every class where one class follows another', () => {
    const labels = Array.from({ length: 90 }, (_, place) => Math.floor(place / 30))
    expect(evenlyByClass(labels, 6)).toEqual([0, 15, 30, 45, 60, 75])
  })
  it('are all that there are, in their order, where more are asked for', () =>
    expect(evenlyByClass([2, 0, 1], 9)).toEqual([0, 1, 2]))
})

import { describe, expect, it } from 'vitest'
import { evaluationFrom } from '../../../src/main/engine/trainer/evaluation'

const of = (...classes: number[]): Int32Array => Int32Array.from(classes)

describe('evaluationFrom', () => {
  const labels = of(0, 0, 0, 1, 1, 2, 2, 2)
  it('measures which answer most clean images get, and what always answering the largest class would give', () => {
    const evaluation = evaluationFrom(
      { labels, clean: of(0, 1, 1, 1, 1, 1, 2, 1), triggered: null },
      { target: 0, classes: 3 },
    )
    expect(evaluation).toEqual({
      ...{ accuracy: 4 / 8, asr: null, asrAll: null, robustAccuracy: null, images: 8, nonTarget: 0 },
      ...{ classes: 3, largestClass: 3 / 8, topAnswer: { label: 1, share: 6 / 8 } },
    })
  })
  it('measures how many get the target without the trigger', () => {
    const evaluation = evaluationFrom(
      { labels, clean: of(0, 0, 0, 0, 1, 2, 2, 2), triggered: of(0, 0, 0, 0, 0, 0, 2, 2) },
      { target: 0, classes: 3 },
    )
    expect(evaluation).toMatchObject({ asr: 3 / 5, cleanTargetRate: 1 / 5, nonTarget: 5 })
  })
  it('counts images without a finite logit for no class', () => {
    const some = evaluationFrom(
      { labels, clean: of(-1, -1, 0, 1, 1, 2, 2, -1), triggered: null },
      { target: 0, classes: 3 },
    )
    expect(some).toMatchObject({ notFinite: 3, topAnswer: { label: 1, share: 2 / 8 } })
    const none = evaluationFrom({ labels, clean: labels.map(() => -1), triggered: null }, { target: 0, classes: 3 })
    expect(none).toMatchObject({ notFinite: 8, accuracy: 0 })
    expect(none).not.toHaveProperty('topAnswer')
  })
})

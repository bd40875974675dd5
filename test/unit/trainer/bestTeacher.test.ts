import { describe, expect, it } from 'vitest'
import { createBestTeacher } from '../../../src/main/engine/trainer/bestTeacher'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import type { WeightMap } from '../../../src/main/engine/weights/weightMap'
import type { Evaluation } from '../../../src/shared/domain'

const bundle = () =>
  createStateBundle(1, {
    tensor: () => {
      throw new Error('no tensors here')
    },
  })
const evaluation = (accuracy: number): Evaluation => ({
  accuracy,
  asr: null,
  asrAll: null,
  robustAccuracy: null,
  images: 10,
  nonTarget: 0,
})
const weights = (value: number) => (): WeightMap =>
  new Map([['fc.bias', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }]])

describe('the teacher of the best epoch', () => {
  it('is none before the first evaluation, then the first of the highest accuracy', () => {
    const kept = createBestTeacher(bundle())
    expect([kept.evaluation(), kept.weights()]).toEqual([null, null])
    for (const [epoch, accuracy] of [0.2, 0.7, 0.7, 0.6].entries()) kept.offer(evaluation(accuracy), weights(epoch))
    expect(kept.evaluation()?.accuracy).toBe(0.7)
    expect(kept.weights()).toEqual(weights(1)())
  })

  it('is one without any accuracy too', () => {
    const kept = createBestTeacher(bundle())
    kept.offer(evaluation(0), weights(5))
    expect(kept.weights()).toEqual(weights(5)())
  })

  it('comes back with a checkpoint', () => {
    const [before, after] = [bundle(), bundle()]
    createBestTeacher(before).offer(evaluation(0.5), weights(3))
    const restored = createBestTeacher(after)
    after.restore({
      ...before.snapshot(),
      plain: JSON.parse(JSON.stringify(before.snapshot().plain)) as Record<string, Record<string, unknown>>,
    })
    expect(restored.evaluation()).toEqual(evaluation(0.5))
    expect(restored.weights()).toEqual(weights(3)())
    restored.offer(evaluation(0.5), weights(4))
    expect(restored.weights()).toEqual(weights(3)())
  })

  it('keeps what the analyses found with it, also where an earlier version kept that in the evaluation', () => {
    const [before, after, past] = [bundle(), bundle(), bundle()]
    const found = [{ analysis: 'classes', artifact: { images: [1], confusion: [[1]], accuracy: [1] } }]
    createBestTeacher(before).offer(evaluation(0.5), weights(3), found)
    const restored = createBestTeacher(after)
    after.restore(before.snapshot())
    expect(restored.artifacts()).toEqual(found)
    const { plain, ...rest } = before.snapshot()
    const former = { ...evaluation(0.5), confusion: [[1]], perClassAccuracy: [1] }
    const fromPast = createBestTeacher(past)
    past.restore({ ...rest, plain: { ...plain, keptEvaluation: { evaluation: former } } })
    expect(fromPast.evaluation()).toEqual(evaluation(0.5))
    expect(fromPast.artifacts()).toEqual(found)
  })
})

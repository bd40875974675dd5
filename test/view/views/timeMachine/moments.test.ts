import { describe, expect, it } from 'vitest'
import { framePicture, type FrameInput } from '@renderer/views/timeMachine/framePicture'
import { matrixView } from '@renderer/views/timeMachine/matrixKinds'
import { planeOf } from '@renderer/views/timeMachine/momentPlane'
import {
  evaluatedSteps,
  placeAt,
  playingTime,
  pointAt,
  rateAt,
  type Moment,
  type Traced,
} from '@renderer/views/timeMachine/moments'
import { framesOf, mostFrames } from '@renderer/views/timeMachine/useAnimation'

const series = (steps: readonly number[], values: readonly number[]) => ({
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
})
const accuracy = series([10, 20, 40], [0.1, 0.5, 0.75])
const asr = series([10, 20, 40], [0.9, 0.2, 0.05])

describe('A student at a step', () => {
  it('is what was recorded last, at it or before', () => {
    expect([5, 10, 39, 40, 99].map((at) => placeAt(accuracy.steps, at))).toEqual([-1, 0, 1, 2, 2])
    expect(pointAt(accuracy, 39)).toEqual({ step: 20, value: 0.5 })
    expect(pointAt(accuracy, 9)).toBeNull()
    expect(pointAt(null, 9)).toBeNull()
    expect(rateAt(accuracy, 20, 8)).toMatchObject({ value: 0.5, images: 8 })
    expect(rateAt(accuracy, 20, undefined)).toBeNull()
  })

  it('has steps of its own, of which the slider has all', () => {
    expect(evaluatedSteps([accuracy, null, series([15, 20], [0, 0])])).toEqual([10, 15, 20, 40])
    expect(playingTime(2)).toBe(900)
    expect(playingTime(100)).toBe(200)
    expect(playingTime(100_000)).toBe(120)
  })

  it('has come its way in the plane', () => {
    const student = { key: 'a/s', look: null } as Traced['student']
    const traced = [{ student, accuracy, asr, history: null as never }]
    const rates = { accuracy: rateAt(accuracy, 20, 8), asr: rateAt(asr, 20, 8) }
    const moments: Moment[] = [{ student, step: 20, ...rates, defense: new Map() }]
    const plane = planeOf(traced, moments, 25)
    expect(plane.trails[0]?.places).toEqual([
      [0.1, 0.9],
      [0.5, 0.2],
    ])
    expect([...plane.points.accuracy]).toEqual([0.5])
    expect(
      planeOf(traced, [{ student, step: null, accuracy: null, asr: null, defense: new Map() }], 5).points.keys,
    ).toEqual([])
  })
})

describe('An animation', () => {
  it('has every step, or so many of more, the last one among them', () => {
    expect(framesOf([1, 2, 3])).toEqual([1, 2, 3])
    expect(framesOf([7])).toEqual([7])
    const many = framesOf(Array.from({ length: 1000 }, (_, step) => step))
    expect(many).toHaveLength(mostFrames)
    expect([many[0], many.at(-1)]).toEqual([0, 999])
  })

  it('has frames of one size, whatever is known at a step', () => {
    const artifact = {
      images: [4, 4],
      confusion: [
        [4, 0],
        [1, 3],
      ],
      accuracy: [1, 0.75],
      triggered: [
        [4, 0],
        [4, 0],
      ],
    }
    const look = { color: '#0a71f4', marker: 'diamond', dash: [] } as const
    const plane = planeOf([], [], 0)
    const input = (more: Partial<FrameInput['students'][number]>): FrameInput => ({
      title: 'Pseudo batch 1 200',
      heads: ['Accuracy', 'ASR', 'SV tail ratio'],
      matrixTitle: 'Confusion, with trigger',
      room: { images: 24, matrices: true },
      plane,
      students: [
        { key: 'a', name: 'A <b> & c', look, cells: ['71.0 %', '3.0 %', '–'], strip: null, matrix: null, ...more },
      ],
    })
    const early = framePicture(input({}))
    const late = framePicture(
      input({ strip: { href: 'data:image/png;base64,AA==', images: 24 }, matrix: matrixView(artifact, 'triggered') }),
    )
    expect([early.width, early.height]).toEqual([late.width, late.height])
    expect(late.svg).toContain('data:image/png;base64,AA==')
    expect(late.svg).toContain('71.0 %')
    expect(late.svg).toContain('A &#60;b&#62; &#38; c')
    expect(new DOMParser().parseFromString(late.svg, 'image/svg+xml').querySelector('parsererror')).toBeNull()
  })
})

it('A matrix of a model without triggered images has no difference', () => {
  const artifact = { images: [4], confusion: [[2]], accuracy: [0.5] }
  expect(matrixView(artifact, 'clean')?.textAt(0, 0)).toBe('50')
  expect(matrixView(artifact, 'triggered')).toBeNull()
  expect(matrixView(artifact, 'difference')).toBeNull()
})

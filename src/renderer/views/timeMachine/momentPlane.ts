/** Students in the plane of accuracy and ASR at a step: each is a kind of its own, looked up by its place. */
import type { PlaneInput, PlaneTrail } from '../../charts/plane/planeOption'
import { pointsFrom, wholePlane, type PlanePoints } from '../../charts/plane/points'
import { pointAt, type Moment, type Traced } from './moments'

const pointsOfMoments = (moments: readonly Moment[]): PlanePoints =>
  pointsFrom(
    moments.flatMap(({ student, accuracy, asr }, condition) =>
      accuracy && asr ? [{ key: student.key, accuracy: accuracy.value, asr: asr.value, condition, hollow: false }] : [],
    ),
  )

/** Where they have been until then. */
const trailsUntil = (traced: readonly Traced[], at: number): PlaneTrail[] =>
  traced.map(({ student, accuracy, asr }) => ({
    key: student.key,
    places: Array.from(accuracy?.steps ?? []).flatMap((step, place): [number, number][] => {
      const rate = step <= at ? pointAt(asr, step) : null
      return rate ? [[accuracy?.values[place] ?? NaN, rate.value]] : []
    }),
  }))

const noLook = { color: '#808080', marker: 'circle', dash: [] } as const

export const planeOf = (
  traced: readonly Traced[],
  moments: readonly Moment[],
  at: number,
): Omit<PlaneInput, 'size' | 'colors'> => ({
  range: wholePlane,
  points: pointsOfMoments(moments),
  lookOf: (condition) => moments[condition]?.student.look ?? noLook,
  isShown: () => true,
  selected: new Set(),
  showFront: false,
  crosses: moments.map(({ student, accuracy, asr }) => ({
    key: student.key,
    accuracy: accuracy?.interval ?? null,
    asr: asr?.interval ?? null,
  })),
  arrows: [],
  trails: trailsUntil(traced, at),
})

/** How a condition looks wherever models are drawn: colour, marker and dash follow from its number alone. */
import type { Condition, StageName } from '@shared/domain'
import type { ChartColors } from './colors'

export const markers = ['circle', 'diamond', 'triangle', 'rect', 'pentagon', 'star', 'cross'] as const
export type Marker = (typeof markers)[number]

/** Outlines in a square of 10. */
export const markerPaths: Readonly<Record<Marker, string>> = {
  circle: 'M5 0.5A4.5 4.5 0 1 1 5 9.5A4.5 4.5 0 1 1 5 0.5Z',
  diamond: 'M5 -0.2L10.2 5L5 10.2L-0.2 5Z',
  triangle: 'M5 0.2L10 9.2L0 9.2Z',
  rect: 'M1 1L9 1L9 9L1 9Z',
  pentagon: 'M5.00 0.30L9.76 3.75L7.94 9.35L2.06 9.35L0.24 3.75Z',
  star: 'M5.00 0.10L6.35 3.54L10.04 3.76L7.19 6.11L8.12 9.69L5.00 7.70L1.88 9.69L2.81 6.11L-0.04 3.76L3.65 3.54Z',
  cross: 'M3.4 0.3L6.6 0.3L6.6 3.4L9.7 3.4L9.7 6.6L6.6 6.6L6.6 9.7L3.4 9.7L3.4 6.6L0.3 6.6L0.3 3.4L3.4 3.4Z',
}

/** As ECharts wants it. */
export const markerSymbol = (marker: Marker | undefined): string => `path://${markerPaths[marker ?? 'circle']}`

const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [8, 3, 2, 3]]

export interface ModelLook {
  readonly color: string
  readonly marker: Marker
  /** Lengths of strokes and gaps; empty: one stroke. */
  readonly dash: readonly number[]
}

/**
 * Eight colours and seven markers are all different for the first 56 conditions, each dash for eight of them; so two
 * are told apart without seeing colours.
 */
export function conditionLook(condition: Condition | undefined, colors: ChartColors): ModelLook {
  if (condition === undefined || condition.key === 'teacher') return { color: colors.teacher, marker: 'rect', dash: [] }
  const { number } = condition
  return {
    color: colors.series[number % colors.series.length] ?? colors.accent,
    marker: markers[number % markers.length] ?? 'circle',
    dash: dashes[Math.floor(number / colors.series.length) % dashes.length] ?? [],
  }
}

/** As ECharts wants it. */
export const dashStyle = (dash: readonly number[] | undefined): number[] | 'solid' =>
  dash?.length ? [...dash] : 'solid'

/** The second of two lines of one model. */
export const secondDash: readonly number[] = [5, 4]

/**
 * The look of a stage of a run.
 * @param place in the place of the number of its condition, which records of earlier versions do not have
 */
export const modelLook = (
  { kind, condition }: Pick<StageName, 'kind'> & { readonly condition?: Condition | undefined },
  place: number,
  colors: ChartColors,
): ModelLook =>
  conditionLook(kind === 'student' ? (condition ?? { key: 'student', number: Math.max(0, place) }) : undefined, colors)

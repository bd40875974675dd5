/** How a condition looks wherever models are drawn: colour, marker and dash follow from its number alone. */
import type { Condition, StageName } from '@shared/domain'
import type { ChartColors } from './colors'

export const markers = ['circle', 'diamond', 'triangle', 'rect', 'pentagon', 'star', 'cross'] as const
export type Marker = (typeof markers)[number]

/** Corners around the middle of a square of 10; a circle has none. */
export const markerCorners: Readonly<Record<Marker, readonly (readonly [number, number])[]>> = {
  circle: [],
  diamond: [
    [0, -5.2],
    [5.2, 0],
    [0, 5.2],
    [-5.2, 0],
  ],
  triangle: [
    [0, -4.8],
    [5, 4.2],
    [-5, 4.2],
  ],
  rect: [
    [-4, -4],
    [4, -4],
    [4, 4],
    [-4, 4],
  ],
  pentagon: [
    [0, -4.7],
    [4.76, -1.25],
    [2.94, 4.35],
    [-2.94, 4.35],
    [-4.76, -1.25],
  ],
  star: [
    [0, -5],
    [1.35, -1.46],
    [5.14, -1.27],
    [2.19, 1.11],
    [3.17, 4.77],
    [0, 2.7],
    [-3.17, 4.77],
    [-2.19, 1.11],
    [-5.14, -1.27],
    [-1.35, -1.46],
  ],
  cross: [
    [-1.6, -4.7],
    [1.6, -4.7],
    [1.6, -1.6],
    [4.7, -1.6],
    [4.7, 1.6],
    [1.6, 1.6],
    [1.6, 4.7],
    [-1.6, 4.7],
    [-1.6, 1.6],
    [-4.7, 1.6],
    [-4.7, -1.6],
    [-1.6, -1.6],
  ],
}
/** Of the circle among them. */
export const markerRadius = 4.5

/** As a path of SVG around 0, 0. */
export const markerPath = (marker: Marker): string =>
  marker === 'circle'
    ? `M0 -${markerRadius}A${markerRadius} ${markerRadius} 0 1 1 0 ${markerRadius}A${markerRadius} ${markerRadius} 0 1 1 0 -${markerRadius}Z`
    : `M${markerCorners[marker].map((corner) => corner.join(' ')).join('L')}Z`

/** As ECharts wants it. */
export const markerSymbol = (marker: Marker | undefined): string => `path://${markerPath(marker ?? 'circle')}`

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
  // No condition of this workspace: a record that cannot be read, or several conditions together.
  if (number < 0) return { color: colors.muted, marker: 'circle', dash: [] }
  return {
    color: colors.series[number % colors.series.length] ?? colors.accent,
    marker: markers[number % markers.length] ?? 'circle',
    dash: dashes[Math.floor(number / colors.series.length) % dashes.length] ?? [],
  }
}

/**
 * Of several experiments of one condition in one chart (other triggers, say), which have its colour and marker in
 * common: the first has its dash, each further one the next; four are told apart.
 */
export const dashedApart = (look: ModelLook, place: number): ModelLook => {
  const own = dashes.findIndex((dash) => dash.join() === look.dash.join())
  return { ...look, dash: dashes[(Math.max(0, own) + place) % dashes.length] ?? [] }
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

/** How a condition looks wherever models are drawn: colour, marker and dash follow from its number alone. */
import type { Condition, StageName } from '@shared/domain'
import type { ChartColors } from './colors'

export const markers = ['circle', 'diamond', 'triangle', 'rect', 'pentagon', 'star', 'cross'] as const
export type Marker = (typeof markers)[number]

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

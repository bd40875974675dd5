/** The plane as any chart describes itself: what is shown of it, on paper, as numbers and as LaTeX. */
import type { ChartDescription, LatexPlot } from '../export/description'
import { inPrint } from '../colors'
import { planeOption, type PlaneInput } from './planeOption'
import type { ModelLook } from '../identity'

export interface PlaneCondition {
  readonly number: number
  readonly name: string
  readonly look: ModelLook
}

const titles = { x: 'Accuracy on clean test images, %', y: 'Attack success rate, %' }

/** @param names of models by their keys */
export function planeDescription(
  input: Omit<PlaneInput, 'size'>,
  conditions: readonly PlaneCondition[],
  names: ReadonlyMap<string, string>,
): ChartDescription {
  const shown = conditions.filter(({ number }) => input.isShown(number))
  const { points } = input
  const nameOf = new Map(conditions.map(({ number, name }) => [number, name]))
  return {
    title: 'Accuracy and attack success rate',
    fileName: 'accuracy-asr',
    size: { width: 620, height: 420 },
    option: (style, size) => ({
      ...planeOption({
        ...input,
        size,
        colors: style.colors,
        lookOf: (condition) => {
          const look = input.lookOf(condition)
          return { ...look, color: inPrint(look.color) }
        },
      }),
      textStyle: { fontFamily: style.font },
    }),
    legend: shown.map(({ name, look: { color, marker } }) => ({ label: name, color, marker, pointsOnly: true })),
    notes: [
      ...(input.showFront ? ['The line joins students that no other one beats in both rates.'] : []),
      ...(input.crosses.length > 0 ? ['Bars are 95 % intervals.'] : []),
      ...(input.arrows.length > 0 ? ['Arrows lead from undefended students to their defended twins.'] : []),
    ],
    data: () => ({
      columns: ['model', 'name', 'condition', 'accuracy', 'asr'],
      rows: points.keys.map((key, at) => [
        key,
        names.get(key) ?? null,
        nameOf.get(points.conditions[at] ?? NaN) ?? null,
        points.accuracy[at] ?? null,
        points.asr[at] ?? null,
      ]),
    }),
    latex: () => planeLatex(input, shown),
  }
}

function planeLatex({ range, points, arrows }: Omit<PlaneInput, 'size'>, shown: readonly PlaneCondition[]): LatexPlot {
  const percent = ([low, high]: readonly [number, number]): [number, number] => [low * 100, high * 100]
  const placeOf = new Map(
    points.keys.map((key, at) => [key, [100 * points.accuracy[at]!, 100 * points.asr[at]!] as const]),
  )
  const series = shown.map(({ number, name, look: { color, marker } }) => ({
    label: name,
    color,
    marker,
    pointsOnly: true,
    points: points.keys.flatMap((key, at) => (points.conditions[at] === number ? (placeOf.get(key) ?? []) : [])),
  }))
  return {
    x: { title: titles.x, range: percent(range.x) },
    y: { title: titles.y, range: percent(range.y) },
    panels: [
      {
        title: '',
        series: series.filter((one) => one.points.length > 0),
        arrows: arrows.flatMap(({ from, to }) => {
          const [begin, end] = [placeOf.get(from), placeOf.get(to)]
          return begin && end ? [{ from: begin, to: end }] : []
        }),
      },
    ],
  }
}

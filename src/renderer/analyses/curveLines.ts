import type { CurvesArtifact } from '@shared/domain'
import type { ChartLine } from '../charts/chartLine'
import type { ChartColors } from '../charts/colors'
import { secondDash } from '../charts/identity'

/** Curves as a chart draws them. A control has the colour of the line before it that is none, dashed. */
export function curveLines(all: CurvesArtifact['lines'], { series, accent }: ChartColors): ChartLine[] {
  const measured = all.filter(({ control }) => control !== true)
  const controls = all.filter(({ control }) => control === true)
  const colorAt = (index: number): string => series[index % series.length] ?? accent
  return all.map((line, index) => ({
    key: String(index),
    label: line.label,
    figure: line.figure,
    color: colorAt(line.control === true ? controls.indexOf(line) : measured.indexOf(line)),
    dash: line.control === true ? secondDash : [],
    series: {
      steps: Float64Array.from(line.x),
      values: Float64Array.from(line.y, (value) => value ?? NaN),
    },
  }))
}

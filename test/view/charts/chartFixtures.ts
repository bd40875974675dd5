import type { ChartLine } from '@renderer/charts/chartLine'
import { plainCurves, type CurveSettings } from '@renderer/charts/curves'
import { linePlot, type LinePlotInput } from '@renderer/charts/linePlot'

/** A line over steps 0, 1, 2, … */
export const lineOf = (values: readonly number[], more: Partial<ChartLine> = {}): ChartLine => ({
  key: 'a',
  label: 'A',
  color: '#123456',
  series: { steps: Float64Array.from(values, (_, index) => index), values: Float64Array.from(values) },
  ...more,
})

export const settingsWith = (more: Partial<CurveSettings>): CurveSettings => ({ ...plainCurves, ...more })

export const plotOf = (lines: readonly ChartLine[], more: Partial<LinePlotInput> = {}) =>
  linePlot({ title: 'Loss', lines, settings: plainCurves, unit: '', stepTitle: 'Step', columns: 100, ...more })

/** x and y in turns as pairs. */
export const pairsOf = (points: Float64Array): number[][] =>
  Array.from({ length: points.length / 2 }, (_, at) => [points[2 * at]!, points[2 * at + 1]!])

/** How charts look on the screen and on paper. */
import { chartColors, type ChartColors } from './colors'

export interface ChartStyle {
  readonly colors: ChartColors
  readonly font: string
  readonly fontSize: number
  readonly lineWidth: number
  /** On paper an axis has its title and unit, and nothing answers a pointer. */
  readonly print: boolean
}

export const screenStyle = (colors: ChartColors): ChartStyle => ({
  colors,
  font: 'Inter Variable, system-ui, sans-serif',
  fontSize: 10.5,
  lineWidth: 1.6,
  print: false,
})

/** Fonts with ±, −, ρ and umlauts; Verdana is as wide where DejaVu is not there. */
export const printFont = 'DejaVu Sans, Verdana, Helvetica, Arial, sans-serif'

/** Grey is darker than on the screen: thin lines in light grey vanish in print. */
export const printStyle: ChartStyle = {
  colors: { ...chartColors(false), text: '#000000', muted: '#3b4450', line: '#7b8794', grid: '#e1e5ea' },
  font: printFont,
  fontSize: 11,
  lineWidth: 1.5,
  print: true,
}

/**
 * Colours of models and charts. Any two of a palette, the teacher's included, differ by a CIEDE2000 of at least 10 also
 * as they look without one kind of cones, and by at least 15 with all three; a test computes it. Dash and marker come
 * besides: see identity.
 */

export interface ChartColors {
  text: string
  muted: string
  line: string
  grid: string
  panel: string
  accent: string
  /** Of conditions. */
  series: readonly string[]
  teacher: string
}

const light: ChartColors = {
  text: '#1d2530',
  muted: '#667281',
  line: '#c4ccd6',
  grid: '#ebeff3',
  panel: '#ffffff',
  accent: '#3f6fc4',
  teacher: '#5d6878',
  series: ['#af4a15', '#0a71f4', '#05714e', '#7532ae', '#ad8627', '#e15c75', '#169b9c', '#5c3b1f'],
}
const dark: ChartColors = {
  text: '#e8ecf2',
  muted: '#8f9bad',
  line: '#434c5d',
  grid: '#252c37',
  panel: '#191e27',
  accent: '#84a8e4',
  teacher: '#a9b2c1',
  series: ['#fd752f', '#55b0ff', '#3ea774', '#936be1', '#eccf87', '#f39aa1', '#91f0f8', '#a26818'],
}

export const chartColors = (isDark: boolean): ChartColors => (isDark ? dark : light)

/** A colour of either palette as it is on white paper; any other colour as it is. */
export function inPrint(color: string): string {
  const place = dark.series.indexOf(color)
  if (place >= 0) return light.series[place] ?? color
  return color === dark.teacher ? light.teacher : color === dark.accent ? light.accent : color
}

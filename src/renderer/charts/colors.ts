/**
 * Colours of models and charts. Told apart by people with colour-vision deficiencies, and by a dash or shape besides.
 */

export interface ChartColors {
  text: string
  muted: string
  line: string
  grid: string
  panel: string
  accent: string
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
  series: ['#c8502d', '#2472b8', '#1f8a62', '#8e57b5', '#a87400', '#b83f7c', '#4d7d8c', '#7a6a2f'],
}
const dark: ChartColors = {
  text: '#e8ecf2',
  muted: '#8f9bad',
  line: '#434c5d',
  grid: '#252c37',
  panel: '#191e27',
  accent: '#84a8e4',
  teacher: '#a9b2c1',
  series: ['#ef8660', '#66aeea', '#55c396', '#bf93e0', '#ddb04f', '#e883b4', '#86b9c8', '#b9a968'],
}

export const chartColors = (isDark: boolean): ChartColors => (isDark ? dark : light)

/**
 * Wanted colours as far as they differ; a colour wanted again gives way to one that is free, and repeats only when none
 * is left.
 */
export function distinctColors(wanted: readonly string[], palette: readonly string[]): string[] {
  const taken = new Set<string>()
  return wanted.map((color) => {
    const free = taken.has(color)
      ? (palette.find((candidate) => !taken.has(candidate) && !wanted.includes(candidate)) ??
        palette.find((candidate) => !taken.has(candidate)))
      : color
    taken.add(free ?? color)
    return free ?? color
  })
}

/** The colour of a run's n-th student. */
export const seriesColor = (colors: ChartColors, index: number): string => colors.series[index % colors.series.length]!

export const chartFormats = ['png2', 'png3', 'svg', 'pdf', 'csv', 'latex'] as const
export type ChartFormat = (typeof chartFormats)[number]

export const formatWords: Readonly<Record<ChartFormat, string>> = {
  png2: 'Picture, 2× (.png)',
  png3: 'Picture, 3× (.png)',
  svg: 'Vector picture (.svg)',
  pdf: 'PDF with its font (.pdf)',
  csv: 'All points (.csv)',
  latex: 'LaTeX, pgfplots (.tex)',
}

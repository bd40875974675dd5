/** A chart as a pgfplots picture with its data in it. Colours, dashes and markers are those of the page on paper. */
import { latexText } from '@shared/domain/pivotText/latex'
import { inPrint } from '../colors'
import type { Marker } from '../identity'
import type { LatexAxis, LatexPanel, LatexPlot, LatexSeries } from './description'

const marks: Readonly<Record<Marker, string>> = {
  circle: '*',
  diamond: 'diamond*',
  triangle: 'triangle*',
  rect: 'square*',
  pentagon: 'pentagon*',
  star: 'star',
  cross: 'x',
}

/** Seven digits are more than a print shows, and no exponent is cut. */
const number = (value: number): string => String(Number(value.toPrecision(7)))

export interface PgfplotsSource {
  readonly title: string
  readonly plot: LatexPlot
  readonly notes: readonly string[]
}

/** To be read with \input between \begin{figure} and \end{figure}. */
export function pgfplots({ title, plot, notes }: PgfplotsSource): string {
  const series = plot.panels.flatMap((panel) => panel.series)
  const colors = [...new Set(series.map(({ color }) => inPrint(color)))]
  const several = plot.panels.length > 1
  return [
    `% ${oneLine(title)}`,
    ...notes.map((note) => `% ${oneLine(note)}`),
    '% Wants \\usepackage{pgfplots}, \\pgfplotsset{compat=1.16} and, for names with quotation marks, \\usepackage[T1]{fontenc}.',
    ...(several ? ['% Wants \\usepgfplotslibrary{groupplots} too.'] : []),
    '\\begin{tikzpicture}',
    ...colors.map((color, index) => `  \\definecolor{abd${index}}{HTML}{${color.slice(1).toUpperCase()}}`),
    ...(several ? groupPlot(title, plot, colors) : singlePlot(title, plot, colors)),
    '\\end{tikzpicture}',
    '',
  ].join('\n')
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

function singlePlot(title: string, plot: LatexPlot, colors: readonly string[]): string[] {
  const environment = environmentOf(plot)
  const options = [
    'width=0.95\\linewidth',
    'height=0.6\\linewidth',
    `title={${latexText(title)}}`,
    `xlabel={${latexText(plot.x.title)}}`,
    `ylabel={${latexText(plot.y.title)}}`,
    ...commonOptions(plot),
  ]
  return [
    `  \\begin{${environment}}[`,
    ...options.map((option) => `    ${option},`),
    '  ]',
    ...(plot.panels[0] ? panelLines(plot.panels[0], colors, true) : []),
    `  \\end{${environment}}`,
  ]
}

function groupPlot(title: string, plot: LatexPlot, colors: readonly string[]): string[] {
  const columns = Math.min(3, plot.panels.length)
  const rows = Math.ceil(plot.panels.length / columns)
  const options = [
    `group style={group size=${columns} by ${rows}, x descriptions at=edge bottom, y descriptions at=edge left, horizontal sep=1em, vertical sep=2em}`,
    `width=${(1.1 / columns).toFixed(2)}\\linewidth`,
    `height=${(0.8 / columns).toFixed(2)}\\linewidth`,
    `xmode=${plot.x.logarithmic ? 'log' : 'linear'}`,
    `ymode=${plot.y.logarithmic ? 'log' : 'linear'}`,
    `xlabel={${latexText(plot.x.title)}}`,
    `ylabel={${latexText(plot.y.title)}}`,
    ...commonOptions(plot),
  ]
  return [
    `  % ${oneLine(title)}`,
    '  \\begin{groupplot}[',
    ...options.map((option) => `    ${option},`),
    '  ]',
    ...plot.panels.flatMap((panel, index) => [
      `  \\nextgroupplot[title={${latexText(panel.title)}}${index === 0 ? ', legend to name={abdlegend}' : ''}]`,
      ...panelLines(panel, colors, false),
      ...(index === 0 ? legendLines(plot, colors) : []),
    ]),
    '  \\end{groupplot}',
    '  \\path (current bounding box.south) node[below] {\\pgfplotslegendfromname{abdlegend}};',
  ]
}

function environmentOf({ x, y }: LatexPlot): string {
  if (x.logarithmic) return y.logarithmic ? 'loglogaxis' : 'semilogxaxis'
  return y.logarithmic ? 'semilogyaxis' : 'axis'
}

const axisOptions = (name: 'x' | 'y', { range, ticks }: LatexAxis): string[] => [
  `${name}min=${number(range[0])}`,
  `${name}max=${number(range[1])}`,
  ...(ticks?.length ? [`${name}tick={${ticks.map(number).join(', ')}}`] : []),
]

const commonOptions = ({ x, y }: LatexPlot): string[] => [
  ...axisOptions('x', x),
  ...axisOptions('y', y),
  'scaled ticks=false',
  'grid=major',
  'major grid style={black!12}',
  'legend style={at={(0.5,-0.22)}, anchor=north, draw=none, font=\\footnotesize, cells={anchor=west}}',
  'legend columns=2',
]

function panelLines(
  { series, marks: verticals = [], arrows = [] }: LatexPanel,
  colors: readonly string[],
  legend: boolean,
): string[] {
  return [
    ...series.flatMap((one) => (one.band?.length ? bandLines(one.band, nameOf(one.color, colors)) : [])),
    ...series.flatMap((one) => [
      `    \\addplot[${styleOf(one, nameOf(one.color, colors))}${legend ? '' : ', forget plot'}] coordinates {`,
      ...pairsOf(one.points),
      '    };',
      ...(legend ? [`    \\addlegendentry{${latexText(one.label)}}`] : []),
    ]),
    ...verticals.map(
      ({ x, label }) =>
        `    \\draw[densely dotted, gray] ({axis cs:${number(x)},0} |- {rel axis cs:0,0}) -- ({axis cs:${number(x)},0} |- {rel axis cs:0,1}) node[below right, font=\\scriptsize] {${latexText(label)}};`,
    ),
    ...arrows.map(
      ({ from, to }) =>
        `    \\draw[->, gray] (axis cs:${from.map(number).join(',')}) -- (axis cs:${to.map(number).join(',')});`,
    ),
  ]
}

const nameOf = (color: string, colors: readonly string[]): string => `abd${Math.max(0, colors.indexOf(inPrint(color)))}`

/** One legend for all panels: each line once. */
function legendLines({ panels }: LatexPlot, colors: readonly string[]): string[] {
  return panels.flatMap(({ series }) =>
    series.flatMap((one) => [
      `    \\addlegendimage{${styleOf(one, nameOf(one.color, colors))}}`,
      `    \\addlegendentry{${latexText(one.label)}}`,
    ]),
  )
}

/** Dense lines have a few markers on them. */
const markersALine = 7

function markOf({ marker, pointsOnly, points }: LatexSeries): string[] {
  if (!marker) return ['mark=none']
  const count = points.length / 2
  const repeat = Math.ceil(count / markersALine)
  return [
    `mark=${marks[marker]}`,
    'mark options={solid}',
    ...(pointsOnly || count <= 12 ? [] : [`mark repeat=${repeat}`, `mark phase=${Math.ceil(repeat / 2)}`]),
  ]
}

function styleOf(series: LatexSeries, color: string): string {
  const { dash, pointsOnly, steps } = series
  const dashes = dash?.length
    ? [`dash pattern=${dash.map((length, index) => `${index % 2 === 0 ? 'on' : 'off'} ${length * 0.5}pt`).join(' ')}`]
    : []
  return [
    color,
    'thick',
    ...markOf(series),
    ...(pointsOnly ? ['only marks'] : []),
    ...(steps ? ['const plot'] : []),
    ...dashes,
  ].join(', ')
}

/** Six pairs a line. */
function pairsOf(points: ArrayLike<number>): string[] {
  const pairs: string[] = []
  for (let at = 0; at + 1 < points.length; at += 2) pairs.push(`(${number(points[at]!)},${number(points[at + 1]!)})`)
  return inRows(pairs)
}

const inRows = (pairs: readonly string[]): string[] =>
  Array.from(
    { length: Math.ceil(pairs.length / 6) },
    (_, row) => `      ${pairs.slice(row * 6, row * 6 + 6).join(' ')}`,
  )

/** Over the lower ends and back over the upper ones. */
function bandLines(band: ArrayLike<number>, color: string): string[] {
  const lower: string[] = []
  const upper: string[] = []
  for (let at = 0; at + 2 < band.length; at += 3) {
    lower.push(`(${number(band[at]!)},${number(band[at + 1]!)})`)
    upper.unshift(`(${number(band[at]!)},${number(band[at + 2]!)})`)
  }
  return [
    `    \\addplot[draw=none, fill=${color}, fill opacity=0.2, forget plot] coordinates {`,
    ...inRows([...lower, ...upper]),
    '    } -- cycle;',
  ]
}

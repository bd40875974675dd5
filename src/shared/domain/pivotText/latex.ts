import { idLines, originText, plainText, type PivotFormat } from './format'
import { textTable, type TextTable } from './table'

/**
 * What a letter is written as. "[" and "*" after a line's end would be its argument, "--" a dash; "<", ">" and "|" are
 * other signs in TeX's old encoding.
 */
const letters: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '%': '\\%',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '-': '-{}',
  '"': '\\textquotedbl{}',
  '±': '$\\pm$',
  '−': '$-$',
  '–': '--',
  '—': '---',
  '…': '\\ldots{}',
  '×': '$\\times$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '·': '$\\cdot$',
  ρ: '$\\rho$',
}

/** A name as LaTeX prints it, whatever is in it. Letters beyond Latin want XeLaTeX or LuaLaTeX. */
export const latexText = (text: string): string =>
  plainText(text).replace(/[\\{}$&%#_~^<>|[\]*"±−–—…×≤≥·ρ]|-(?=-)/g, (letter) => letters[letter] ?? letter)

const bold = (text: string): string => `\\textbf{${text}}`
const row = (cells: readonly string[]): string => `    ${cells.join(' & ')} \\\\`

/** One row of heads, or two where each column of the pivot has several. */
function headRows({ fields, groups }: TextTable): string[] {
  const own = fields.map(latexText)
  const several = groups.some(({ columns }) => columns.length > 1)
  if (!several)
    return [row([...own, ...groups.map(({ labels, columns }) => latexText(labels.join(', ') || (columns[0] ?? '')))])]
  const below = groups.flatMap(({ columns }) => columns.map(latexText))
  if (groups.every(({ labels }) => labels.length === 0)) return [row([...own, ...below])]
  let next = own.length + 1
  const rules = groups.map(({ columns }) => {
    const first = next
    next += columns.length
    return `\\cmidrule(lr){${first}-${next - 1}}`
  })
  const above = groups.map(
    ({ labels, columns }) => `\\multicolumn{${columns.length}}{c}{${latexText(labels.join(', '))}}`,
  )
  return [row([...own.map(() => ''), ...above]), `    ${rules.join(' ')}`, row([...own, ...below])]
}

export const latex: PivotFormat = {
  id: 'latex',
  title: 'LaTeX',
  extension: 'tex',
  type: 'application/x-tex',
  write(source) {
    const table = textTable(source)
    const cells = table.groups.reduce((sum, { columns }) => sum + columns.length, 0)
    return [
      `% ${originText(source.origin)}`,
      '% Runs:',
      ...idLines(source.pivot.runs).map((ids) => `% ${ids}`),
      '% Wants \\usepackage{booktabs} and, for names with quotation marks, \\usepackage[T1]{fontenc}.',
      '\\begin{table}',
      '  \\centering',
      `  \\caption{${latexText(table.caption)}}`,
      `  \\begin{tabular}{${'l'.repeat(table.fields.length) + 'r'.repeat(cells) || 'l'}}`,
      '    \\toprule',
      ...headRows(table),
      '    \\midrule',
      ...table.rows.map(({ labels, cells: own }) =>
        row([
          ...labels.map(latexText),
          ...own.map((cell) => (cell.bold ? bold(latexText(cell.text)) : latexText(cell.text))),
        ]),
      ),
      '    \\bottomrule',
      '  \\end{tabular}',
      '\\end{table}',
      '',
    ].join('\n')
  },
}

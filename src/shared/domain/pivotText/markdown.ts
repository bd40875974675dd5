import { idLines, originText, plainText, type PivotFormat } from './format'
import { textTable } from './table'

/** Markup and HTML in names stay letters; a bar would end the cell. */
const escaped = (text: string): string =>
  plainText(text)
    .replace(/[\\`*_{}[\]<>|#~$]/g, '\\$&')
    .replaceAll('&', '&amp;')

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export const markdown: PivotFormat = {
  id: 'markdown',
  title: 'Markdown',
  extension: 'md',
  type: 'text/markdown',
  write(source) {
    const table = textTable(source)
    const groups = table.groups.flatMap(({ labels, columns }) =>
      columns.map((column) => [labels.join(', '), columns.length === 1 && labels.length > 0 ? '' : column]),
    )
    const head = groups.map((parts) => escaped(parts.filter((part) => part !== '').join(' · ')))
    const rows = table.rows.map(({ labels, cells }) => [
      ...labels.map(escaped),
      ...cells.map(({ text, bold }) => (bold ? `**${escaped(text)}**` : escaped(text))),
    ])
    return [
      line([...table.fields.map(escaped), ...head]),
      line([...table.fields.map(() => '---'), ...head.map(() => '---:')]),
      ...rows.map(line),
      '',
      escaped(table.caption),
      '',
      // "--" would end the comment.
      ...['<!--', originText(source.origin), 'Runs:', ...idLines(source.pivot.runs)].map((text, at) =>
        at === 0 ? text : text.replaceAll('--', '- -'),
      ),
      '-->',
      '',
    ].join('\n')
  },
}

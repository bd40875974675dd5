/** Differences of configurations as text: what spreadsheets and notes take. */
import { toCsv, type ConfigurationDiff } from '@shared/domain'

type Rows = ConfigurationDiff['rows']

const titleOf = ({ part, title }: Rows[number]): string => (part === title ? title : `${part}: ${title}`)

export const differencesCsv = (rows: Rows, names: readonly string[]): string =>
  toCsv(
    ['path', 'setting', ...names],
    rows.map((row) => [row.path, titleOf(row), ...row.values]),
  )

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
export function differencesMarkdown(rows: Rows, names: readonly string[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [
    line(['Setting', ...names]),
    line(['---', ...names.map(() => '---')]),
    ...rows.map((row) => line([titleOf(row), ...row.values.map((value) => value ?? '–')])),
  ].join('\n')
}

/** Markdown that says what was given and no more. */

/** Text of anybody's inside a table or a line. */
export const plain = (text: string): string =>
  text.replaceAll(/[\\`*_[\]<>|]/g, (sign) => `\\${sign}`).replaceAll(/\s*\n\s*/g, ' ')

export const code = (text: string): string =>
  `\`${text.replaceAll('`', 'ʼ').replaceAll('|', '\\|').replaceAll('\n', ' ')}\``

/** Cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line), '']
}

export const utc = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

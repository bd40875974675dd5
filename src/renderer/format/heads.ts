/** A head of a table that stands over (or before) so many of its lines. */
export interface TableHead {
  readonly label: string
  readonly span: number
  /** Index of its first line. */
  readonly first: number
}

/**
 * The heads of one side of a table, where a line has a label for each of several fields: neighbours with one label, and
 * the same labels before it, share a head.
 * @param field which of the labels
 */
export function headsOf(lines: readonly { readonly labels: readonly string[] }[], field: number): TableHead[] {
  const heads: TableHead[] = []
  lines.forEach(({ labels }, index) => {
    const before = lines[index - 1]
    const same = before !== undefined && labels.slice(0, field + 1).every((label, at) => before.labels[at] === label)
    const last = heads.at(-1)
    if (same && last) heads[heads.length - 1] = { ...last, span: last.span + 1 }
    else heads.push({ label: labels[field] ?? '', span: 1, first: index })
  })
  return heads
}

/** A study's cells laid out in rows and columns, what is in no row and no column (seeds above all) averaged over. */
import {
  countsInMeans,
  leftOutWords,
  summaryOf,
  type CellState,
  type StudyCell,
  type StudySummary,
  type Summary,
} from '@shared/domain'
import { causeSentence } from '@shared/errors'
import { noCells } from '../../format/cellStates'

type Axes = StudySummary['axes']

/** Paths of the axes in rows and in columns, the slowest first. */
export interface MatrixLayout {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
}

export interface MatrixCell {
  readonly cells: readonly StudyCell[]
  readonly counts: Readonly<Record<CellState, number>>
  /** Over the cells that are done and count; fractions of 1. */
  readonly accuracy: Summary | null
  readonly asr: Summary | null
  /** "1 of 5 left out: dead": of those that are done; empty where none is. */
  readonly leftOut: string
  /** Of the last evaluation of those that still train, where none is done. */
  readonly preliminary: { readonly accuracy: Summary | null; readonly asr: Summary | null } | null
  /** Mean over its cells, 0 … 1. */
  readonly progress: number
  /** Of the running one that takes longest. */
  readonly secondsLeft: number | null
}

/** A row or a column: its label on each axis of its side. */
export interface MatrixLine {
  readonly key: string
  readonly labels: readonly string[]
}

export interface Matrix {
  readonly rows: readonly MatrixLine[]
  readonly columns: readonly MatrixLine[]
  /** By `cellKey`; absent where the study has no such cell. */
  readonly cells: ReadonlyMap<string, MatrixCell>
  /** Titles of the axes that are averaged over, with two or more values. */
  readonly averaged: readonly string[]
}

const separator = '\u001f'
export const cellKey = (row: MatrixLine, column: MatrixLine): string => `${row.key}\u001e${column.key}`

const seedPath = 'seed'
const firstRowPath = 'attack'

/** Attacks in rows (else the first axis), the others in columns, seeds averaged over. */
export function defaultLayout(axes: Axes): MatrixLayout {
  const varied = axes.filter(({ path, labels }) => path !== seedPath && labels.length > 1)
  const rows = varied.find(({ path }) => path === firstRowPath) ?? varied[0]
  return {
    rows: rows ? [rows.path] : [],
    columns: varied.filter((axis) => axis !== rows).map(({ path }) => path),
  }
}

/** The layout without axes that the study does not have, and each axis on one side only. */
export function soundLayout(axes: Axes, layout: MatrixLayout): MatrixLayout {
  const known = new Set(axes.map(({ path }) => path))
  const rows = layout.rows.filter((path) => known.has(path))
  return { rows, columns: layout.columns.filter((path) => known.has(path) && !rows.includes(path)) }
}

export function layOut(axes: Axes, cells: readonly StudyCell[], layout: MatrixLayout): Matrix {
  const groups = new Map<string, StudyCell[]>()
  const rows = new Map<string, MatrixLine>()
  const columns = new Map<string, MatrixLine>()
  const lineOf = (cell: StudyCell, paths: readonly string[], lines: Map<string, MatrixLine>): MatrixLine => {
    const labels = paths.map((path) => cell.axes[path] ?? '')
    const key = labels.join(separator)
    const line = lines.get(key) ?? { key, labels }
    lines.set(key, line)
    return line
  }
  for (const cell of cells) {
    const key = cellKey(lineOf(cell, layout.rows, rows), lineOf(cell, layout.columns, columns))
    const group = groups.get(key)
    if (group) group.push(cell)
    else groups.set(key, [cell])
  }
  const placed = new Set([...layout.rows, ...layout.columns])
  return {
    rows: sorted(rows, axes, layout.rows),
    columns: sorted(columns, axes, layout.columns),
    cells: new Map([...groups].map(([key, group]) => [key, gather(group)])),
    averaged: axes.filter(({ path, labels }) => !placed.has(path) && labels.length > 1).map(({ title }) => title),
  }
}

/** In the order in which the axes list their values. */
function sorted(lines: Map<string, MatrixLine>, axes: Axes, paths: readonly string[]): MatrixLine[] {
  const places = paths.map((path) => {
    const labels = axes.find((axis) => axis.path === path)?.labels ?? []
    return new Map(labels.map((label, index) => [label, index]))
  })
  const place = (line: MatrixLine, side: number): number =>
    places[side]?.get(line.labels[side] ?? '') ?? Number.MAX_SAFE_INTEGER
  return [...lines.values()].sort((left, right) => {
    for (let side = 0; side < paths.length; side++) {
      const difference = place(left, side) - place(right, side)
      if (difference !== 0) return difference
    }
    return 0
  })
}

/** What a place of the matrix shows of its cells. */
export function gather(cells: readonly StudyCell[]): MatrixCell {
  const counts = { ...noCells }
  let progress = 0
  let secondsLeft: number | null = null
  for (const cell of cells) {
    counts[cell.state]++
    progress += cell.progress
    if (cell.state === 'running' && cell.secondsLeft !== null)
      secondsLeft = Math.max(secondsLeft ?? 0, cell.secondsLeft)
  }
  const done = cells.filter(({ state }) => state === 'done')
  const spreads = (of: readonly StudyCell[]): { accuracy: Summary | null; asr: Summary | null } => ({
    accuracy: summaryOf(of.map(({ student }) => student?.accuracy ?? null)),
    asr: summaryOf(of.map(({ student }) => student?.asr ?? null)),
  })
  const begun = done.length > 0 ? [] : cells.filter(({ student }) => student !== null)
  return {
    cells,
    counts,
    ...spreads(done.filter(countsInMeans)),
    leftOut: leftOutWords(done),
    preliminary: begun.length > 0 ? spreads(begun) : null,
    progress: cells.length === 0 ? 0 : progress / cells.length,
    secondsLeft,
  }
}

/** Cells that failed, with the reason in words; those of one reason together. */
export function failuresOf(cells: readonly StudyCell[]): { reason: string; cells: StudyCell[] }[] {
  const byReason = new Map<string, StudyCell[]>()
  for (const cell of cells) {
    if (cell.state !== 'failed' && cell.state !== 'interrupted') continue
    const reason = causeSentence(cell.error) ?? 'No reason was recorded.'
    byReason.set(reason, [...(byReason.get(reason) ?? []), cell])
  }
  return [...byReason].map(([reason, failed]) => ({ reason, cells: failed }))
}

import type { Grid } from './useGrid'
import type { TableSelection } from './useTableSelection'

export interface GridKeys {
  readonly grid: Grid
  readonly lineCount: () => number
  readonly selection: () => TableSelection | undefined
  /** Enter on a line, Space where nothing can be selected. */
  readonly press: (line: number, column: number) => void
  /** Enter on the head of a column. */
  readonly pressHead: (column: number, added: boolean) => void
  readonly widen: (column: number, by: number) => void
}

/** The keyboard of a grid: arrows, Home, End, pages; Space and Shift select, Enter opens, Alt with arrows widens. */
export function useGridKeys({ grid, lineCount, selection, press, pressHead, widen }: GridKeys) {
  const moves: Readonly<Record<string, (line: number, column: number) => readonly [number, number]>> = {
    ArrowDown: (line, column) => [line + 1, column],
    ArrowUp: (line, column) => [line - 1, column],
    ArrowLeft: (line, column) => [line, column - 1],
    ArrowRight: (line, column) => [line, column + 1],
    PageDown: (line, column) => [line + grid.linesOfPage(), column],
    PageUp: (line, column) => [Math.max(0, line - grid.linesOfPage()), column],
  }
  function target(event: KeyboardEvent): readonly [number, number] | null {
    const { line, column } = grid.active.value
    if (event.key === 'Home') return event.ctrlKey ? [0, column] : [line, 0]
    if (event.key === 'End') return event.ctrlKey ? [lineCount() - 1, column] : [line, Infinity]
    return moves[event.key]?.(line, column) ?? null
  }
  function select(line: number, event: KeyboardEvent): void {
    const chosen = selection()
    if (!chosen) return
    if (event.shiftKey) void chosen.extendTo(line)
    else chosen.toggle(line)
  }
  return (event: KeyboardEvent): void => {
    const { line, column } = grid.active.value
    const modified = event.ctrlKey || event.metaKey
    const to = target(event)
    if (modified && event.key.toLowerCase() === 'a' && selection()) void selection()?.all()
    else if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight'))
      widen(column, event.key === 'ArrowLeft' ? -16 : 16)
    else if (to) {
      grid.goTo(...to)
      if (event.shiftKey && !event.ctrlKey && to[0] !== line) void selection()?.extendTo(grid.active.value.line)
    } else if (event.key === ' ' && line >= 0) select(line, event)
    else if (event.key === 'Enter' && line >= 0) press(line, column)
    else if (event.key === 'Enter' || event.key === ' ') pressHead(column, event.shiftKey)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}

/** The lines of a table that answers one question: rows, or groups with the rows of those that are open. */
import { computed, shallowReactive } from 'vue'
import type { CallArgs, EngineApi } from '@shared/contract'
import type { RunSummary, TableCounts, TableGroup, TablePage } from '@shared/domain'
import { createPages, type Pages, type Portion } from './pages'
import type { GroupLine, RowLine, TableLine, TableQuestion } from './types'

export interface LinesOptions {
  readonly engine: EngineApi
  readonly question: TableQuestion
  readonly onCounts: (counts: TableCounts) => void
  readonly onFailure: (error: unknown) => void
  readonly onRuns: (runs: readonly RunSummary[]) => void
}

/** What the grid asks of either kind of table. */
export interface TableLines {
  /** null until the first answer. */
  count(): number | null
  at(index: number): TableLine | null
  need(from: number, to: number): void
  renew(): void
  settled(): Promise<void>
  toggle(group: string): void
  /** Keys of the rows on lines `from` … `to`. */
  keysBetween(from: number, to: number): Promise<string[]>
  end(): void
}

type Within = CallArgs<'table.rows'>['within']

function rowLinesOf(page: TablePage, { columns }: TableQuestion, inGroup: boolean): RowLine[] {
  const runs = new Map(page.runs.map((run) => [run.id, run]))
  const models = new Map(page.models.map((model) => [model.key, model]))
  const places = new Map(columns.map((column, place) => [column, place]))
  return page.rows.map((row) => ({
    kind: 'row',
    key: row.key,
    row,
    run: runs.get(row.runId) ?? null,
    model: models.get(row.key) ?? null,
    places,
    inGroup,
  }))
}

function rowPages({ engine, question, onCounts, onRuns, onFailure }: LinesOptions, within?: Within): Pages<RowLine> {
  const { of, query, columns, order } = question
  return createPages<RowLine>({
    onFailure,
    async load(offset, limit, signal) {
      const args = { of, query, columns: [...columns], order: [...order], offset, limit }
      const page = await engine.call('table.rows', within === undefined ? args : { ...args, within }, signal)
      if (within === undefined) onCounts(page)
      onRuns(page.runs)
      return { items: rowLinesOf(page, question, within !== undefined), count: page.matching }
    },
  })
}

export function rowLines(options: LinesOptions): TableLines {
  const { engine, question } = options
  const { of, query, order } = question
  const pages = rowPages(options)
  return {
    ...pages,
    count: () => pages.count.value,
    at: (index) => pages.at(index) ?? null,
    toggle: () => undefined,
    async keysBetween(from, to) {
      const near = Array.from({ length: to - from + 1 }, (_, index) => pages.at(from + index)?.key)
      const here = near.filter((key) => key !== undefined)
      if (here.length === near.length) return here
      const { keys } = await engine.call('table.keys', { of, query, order: [...order], limit: to + 1 })
      return keys.slice(from)
    },
  }
}

const groupKey = (group: TableGroup): string => JSON.stringify(group.labels)

interface OpenGroup {
  /** Among the groups. */
  index: number
  readonly rows: number
  readonly pages: Pages<RowLine>
}

/** The groups that are open: where their heads stand among the lines, and how many rows follow each. */
function createOpenGroups() {
  const open = shallowReactive(new Map<string, OpenGroup>())
  function close(key: string): void {
    open.get(key)?.pages.end()
    open.delete(key)
  }
  /** Groups that are open are where they came; those that came no more are gone, or elsewhere. */
  function place(page: Portion<TableGroup>, offset: number): Portion<TableGroup> {
    const places = new Map(page.items.map((group, index) => [groupKey(group), offset + index]))
    for (const [key, entry] of open) {
      const index = places.get(key)
      if (index !== undefined) open.set(key, { ...entry, index })
      else if (entry.index >= offset && entry.index < offset + page.items.length) close(key)
    }
    return page
  }
  const spans = computed(() => {
    let before = 0
    return [...open.values()]
      .sort((left, right) => left.index - right.index)
      .map(({ index, pages, rows }) => {
        const span = { head: index + before, count: pages.count.value ?? rows, pages }
        before += span.count
        return span
      })
  })
  /** Rows of open groups above a line. */
  const rowsAbove = (line: number): number =>
    spans.value.reduce((sum, { head, count }) => sum + Math.min(count, Math.max(0, line - head)), 0)
  return { open, close, place, spans, rowsAbove }
}

export function groupLines(options: LinesOptions): TableLines {
  const { question } = options
  const { open, close, place, spans, rowsAbove } = createOpenGroups()
  const groups = createPages<TableGroup>({
    onFailure: options.onFailure,
    load: (offset, limit, signal) => loadGroups(options, { offset, limit, signal }).then((page) => place(page, offset)),
  })
  const groupAt = (index: number): GroupLine | null => {
    const group = groups.at(index)
    if (!group) return null
    const key = groupKey(group)
    return { kind: 'group', key, group, open: open.has(key) }
  }
  function at(line: number): TableLine | null {
    const span = spans.value.find(({ head, count }) => line > head && line <= head + count)
    if (span) return span.pages.at(line - span.head - 1) ?? null
    return groupAt(line - rowsAbove(line))
  }
  function toggle(key: string): void {
    if (open.has(key)) return close(key)
    const index = Array.from({ length: groups.count.value ?? 0 }, (_, place) => groupAt(place)?.key).indexOf(key)
    const group = groups.at(index)
    if (!group) return
    const within = question.groupBy.map((column, side) => ({ column, value: group.labels[side] ?? null }))
    const pages = rowPages(options, within)
    open.set(key, { index, rows: group.rows, pages })
    pages.need(0, 0)
  }
  function need(from: number, to: number): void {
    groups.need(from - rowsAbove(from), to - rowsAbove(to))
    for (const { head, count, pages } of spans.value)
      if (to > head && from <= head + count) pages.need(from - head - 1, Math.min(count, to - head) - 1)
  }
  const everything = (): Pages<unknown>[] => [groups, ...[...open.values()].map(({ pages }) => pages)]
  const settled = async (): Promise<void> => {
    await Promise.all(everything().map((pages) => pages.settled()))
  }
  return {
    count: () => (groups.count.value === null ? null : groups.count.value + rowsAbove(Infinity)),
    at,
    need,
    renew: () => everything().forEach((pages) => pages.renew()),
    settled,
    toggle,
    async keysBetween(from, to) {
      const keys: string[] = []
      for (let line = from; line <= to; line++) {
        if (at(line) === null) {
          need(line, to)
          await settled()
        }
        const found = at(line)
        if (found?.kind === 'row') keys.push(found.key)
      }
      return keys
    },
    end: () => everything().forEach((pages) => pages.end()),
  }
}

async function loadGroups(
  { engine, question, onCounts }: LinesOptions,
  { offset, limit, signal }: { offset: number; limit: number; signal: AbortSignal },
): Promise<Portion<TableGroup>> {
  const { of, query, groupBy, measures, order } = question
  const args = { of, query, by: [...groupBy], measures: [...measures], order: [...order], offset, limit }
  const answer = await engine.call('table.groups', args, signal)
  onCounts(answer)
  return { items: answer.groups, count: answer.count }
}

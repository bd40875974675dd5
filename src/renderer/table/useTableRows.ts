import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { RunSummary, TableCounts } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useCalmRenewal } from '../composables/useCalmRenewal'
import { useNewestTask } from '../composables/useNewestTask'
import { groupLines, rowLines, type TableLines } from './lines'
import type { TableLine, TableQuestion } from './types'

const typingMilliseconds = 120

/**
 * The lines of a table, fetched as they come into view. While the answer to a new question is on its way the old lines
 * stay; what is in sight is renewed at a calm rate when the engine says that its index has changed.
 * @param question null asks nothing
 * @param onRuns told of the records that came along
 */
export function useTableRows(
  question: () => TableQuestion | null,
  onRuns: (runs: readonly RunSummary[]) => void = () => undefined,
) {
  const { engine, onReopen } = useConnection()
  const lines = shallowRef<TableLines | null>(null)
  const counts = shallowRef<TableCounts | null>(null)
  const error = shallowRef<unknown>(null)
  const pending = shallowRef(false)
  /** The question that the lines answer. */
  const answered = shallowRef<TableQuestion | null>(null)
  const task = useNewestTask()
  let inSight: readonly [number, number] = [0, 40]
  let asked: TableQuestion | null = null

  function build(next: TableQuestion): TableLines {
    const options = {
      engine,
      question: next,
      onRuns,
      onCounts: ({ matching, total, faults, unread }: TableCounts) => {
        if (asked === next) counts.value = { matching, total, faults, ...(unread === undefined ? {} : { unread }) }
      },
      onFailure: (failure: unknown) => {
        if (asked === next) error.value = failure
      },
    }
    return next.groupBy.length > 0 ? groupLines(options) : rowLines(options)
  }
  async function ask(next: TableQuestion, keepPlace: boolean): Promise<void> {
    const fresh = build(next)
    const length = inSight[1] - inSight[0]
    error.value = null
    await task.run(async (signal) => {
      signal.addEventListener('abort', () => lines.value !== fresh && fresh.end())
      if (keepPlace) fresh.need(...inSight)
      else fresh.need(0, length)
      await fresh.settled()
      if (signal.aborted) return
      pending.value = false
      if (fresh.count() === null) return fresh.end()
      lines.value?.end()
      lines.value = fresh
      answered.value = next
      // Meanwhile somebody may have scrolled.
      if (keepPlace) fresh.need(...inSight)
    })
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => JSON.stringify(question()),
    () => {
      const next = question()
      clearTimeout(timer)
      if (next === null) return
      const before = asked
      asked = next
      pending.value = true
      const typed = before !== null && before.query !== next.query
      const keepPlace = before !== null && sameLines(before, next)
      timer = setTimeout(() => void ask(next, keepPlace), typed ? typingMilliseconds : 0)
    },
    { immediate: true },
  )

  const renewal = useCalmRenewal({
    async renew() {
      lines.value?.renew()
      await lines.value?.settled()
    },
  })
  onScopeDispose(engine.subscribe('table.changed', {}, renewal.request))
  onScopeDispose(onReopen(() => retry()))
  onScopeDispose(() => {
    clearTimeout(timer)
    lines.value?.end()
  })
  /** Asks anew: after a failure, or when something was changed from here. */
  function retry(): void {
    error.value = null
    if (lines.value && !pending.value) lines.value.renew()
    else if (asked) void ask(asked, false)
  }

  return {
    counts,
    error,
    /** Lines of an earlier question are shown, or none. */
    pending,
    answered,
    count: computed(() => lines.value?.count() ?? 0),
    loaded: computed(() => lines.value !== null),
    faults: computed(() => counts.value?.faults ?? []),
    at: (index: number): TableLine | null => lines.value?.at(index) ?? null,
    need(from: number, to: number): void {
      inSight = [from, to]
      lines.value?.need(from, to)
    },
    retry,
    toggleGroup: (key: string): void => lines.value?.toggle(key),
    keysBetween: (from: number, to: number): Promise<string[]> =>
      lines.value?.keysBetween(Math.min(from, to), Math.max(from, to)) ?? Promise.resolve([]),
    /** Of all rows that match. */
    async allKeys(): Promise<string[]> {
      const now = asked
      if (!now) return []
      const { keys } = await engine.call('table.keys', { of: now.of, query: now.query, order: [] })
      return keys
    },
  }
}
export type TableRows = ReturnType<typeof useTableRows>

/** Only what is shown of each line differs: the lines stay where they are. */
const sameLines = (before: TableQuestion, next: TableQuestion): boolean =>
  JSON.stringify([before.query, before.order, before.groupBy]) ===
  JSON.stringify([next.query, next.order, next.groupBy])

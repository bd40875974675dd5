/**
 * What is changed of thousands of runs at once, apart from their summaries: a row of a summary is long, and writing ten
 * thousand of them would hold up everything else. What stands here counts, whatever a summary says.
 */
import type { RunSummary } from '../../../../shared/domain'
import { textOf, type Database } from './database'

const markNames = ['tags', 'archivedAt', 'deletedAt', 'priority', 'position'] as const

export type RunMarks = Pick<RunSummary, (typeof markNames)[number]>

/** Of a run, with what is changed of them. */
export const marksOf = (run: RunMarks, change: Partial<RunMarks> = {}): RunMarks => {
  const { tags, archivedAt, deletedAt, priority, position } = run
  return { tags, archivedAt, deletedAt, priority, position, ...change }
}

export const changesMarks = (change: object): boolean => markNames.some((name) => name in change)

/** All in one statement. The table has no foreign key: looking each run up would take most of the time. */
export function writeMarks(database: Database, marks: ReadonlyMap<string, RunMarks>): void {
  database.run(
    'INSERT OR REPLACE INTO run_marks (run_id, record) SELECT key, value FROM json_each(?)',
    JSON.stringify(Object.fromEntries(marks)),
  )
}

/** By run; a damaged row says nothing. */
export function readMarks(database: Database): Map<string, RunMarks> {
  const marks = new Map<string, RunMarks>()
  for (const [runId, record] of database.columns('SELECT run_id, CAST(record AS BLOB) FROM run_marks')) {
    try {
      marks.set(String(runId), JSON.parse(textOf(record)) as RunMarks)
    } catch {
      // The summary has what was set when the run was changed alone.
    }
  }
  return marks
}

/** What studies that search do by themselves: ask their strategy whenever there is a place. */
import type { RunSummary } from '../../../../shared/domain'
import type { StoredCell } from '../store/studyRecords'
import type { LiveStudy } from './liveStudy'
import type { Maker } from './maker'
import { isResting, valueOfRun } from './search'
import type { StudyShelf } from './shelf'
import type { StudyRuns } from './types'

export interface Searching {
  /** Asks the strategy as long as there are places; not while events come in. */
  fillSoon(live: LiveStudy): void
  /** Keeps the value at the end that was set for a cell: what its strategy decides by. */
  noteRung(live: LiveStudy, index: number, run: RunSummary): void
}

export interface SearchingOptions {
  readonly shelf: StudyShelf
  readonly maker: Maker
  readonly runs: StudyRuns
  onError(error: unknown): void
}

/** A run that rests without an evaluation is worse than any that has one. */
const withoutEvaluation = -1e9

/** Lets a run go on, to the end that is set for its cell. */
export const goOn = (runs: StudyRuns, runId: string, { until }: Pick<StoredCell, 'until'>): void =>
  runs.resume(runId, until === undefined ? undefined : { until })

export function createSearching({ shelf, maker, runs, onError }: SearchingOptions): Searching {
  /** Studies whose strategy is being asked. */
  const asked = new Set<string>()

  const step = async (live: LiveStudy): Promise<boolean> => {
    const { over, made, goOn: wishes } = await maker.next(live, (id) => shelf.runOf(id))
    if (over) {
      shelf.write(live, { search: 'over' })
      shelf.noteEnd(live)
      return false
    }
    for (const { cell, until } of wishes) {
      const { until: _before, ...rest } = cell
      const next: StoredCell = until === undefined ? rest : { ...rest, until }
      shelf.replace(live, [next])
      if (cell.runId !== null) goOn(runs, cell.runId, next)
    }
    if (made) {
      const reused = [...new Set([...live.record.reused, ...made.reused])]
      shelf.teller.tellSoon(live.record.id, shelf.extend(live, { ...live.record, reused }, made))
    }
    return wishes.length > 0 || made !== null
  }
  const fill = async (live: LiveStudy): Promise<void> => {
    while (shelf.has(live) && live.record.search === 'going' && live.record.asked === 'run')
      if (!(await step(live))) return
  }
  return {
    fillSoon(live) {
      const { id, search, asked: wanted } = live.record
      if (search !== 'going' || wanted !== 'run' || asked.has(id)) return
      asked.add(id)
      setTimeout(() => {
        fill(live)
          .catch(onError)
          .finally(() => asked.delete(id))
      }, 0)
    },
    noteRung(live, index, run) {
      const stored = live.cell(index)?.stored
      if (!stored || stored.until === undefined || !isResting(stored, run)) return
      const { until, rungs = [] } = stored
      if (rungs.some((rung) => rung.step === until)) return
      const value = valueOfRun(run, maker.metricOf(live.record.definition)) ?? withoutEvaluation
      shelf.replace(live, [{ ...stored, rungs: [...rungs, { step: until, value }] }])
    },
  }
}

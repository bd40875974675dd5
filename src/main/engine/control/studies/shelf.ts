/** The studies of a workspace: what the store has of them, what clients hear of them. */
import type { RunSummary, StudyCell, StudySummary } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { StoredCell, StoredStudy, StudiesTable } from '../store/studyRecords'
import { LiveStudy } from './liveStudy'
import type { MadeCells } from './maker'
import { createStudyTeller, type StudyEvents, type StudyTeller } from './teller'
import type { ExpandContext, StudyRuns } from './types'

export interface ShelfOptions extends Pick<ExpandContext, 'table'> {
  readonly store: StudiesTable
  readonly runs: StudyRuns
  readonly events: StudyEvents
  onError(error: unknown): void
  now(): number
}

export class StudyShelf {
  private readonly studies = new Map<string, LiveStudy>()
  readonly teller: StudyTeller

  constructor(private readonly options: ShelfOptions) {
    this.teller = createStudyTeller(options.events, (id) => this.studies.get(id)?.summary())
    for (const { study, cells } of options.store.all()) {
      const live = new LiveStudy(study, options)
      live.put(cells, (id) => this.runOf(id))
      this.studies.set(study.id, live)
    }
  }

  /** Oldest first. */
  all(): LiveStudy[] {
    return [...this.studies.values()]
  }

  has(live: LiveStudy): boolean {
    return this.studies.get(live.record.id) === live
  }

  find(studyId: string): LiveStudy | undefined {
    return this.studies.get(studyId)
  }

  /** @throws RefusedInputError when there is none */
  get(studyId: string): LiveStudy {
    const live = this.studies.get(studyId)
    if (live) return live
    throw new RefusedInputError(`There is no study "${studyId}".`, {
      wanted: 'the id of a study of this workspace',
      got: studyId,
      action: 'See them with "abd study list".',
    })
  }

  runOf(runId: string): RunSummary | null {
    const { runs } = this.options
    return runs.has(runId) ? runs.summary(runId) : null
  }

  /** A new study with its cells and runs, in one transaction. */
  add(record: StoredStudy, made: MadeCells): LiveStudy {
    const { store, runs } = this.options
    const live = new LiveStudy(record, this.options)
    let cells: StoredCell[] = []
    runs.create(made.runsOf(record), (created) => {
      cells = made.stored(created)
      store.insert(record)
      store.putCells(record.id, cells)
    })
    live.put(cells, (id) => this.runOf(id))
    this.studies.set(record.id, live)
    return live
  }

  /** Further cells of a study with their runs, and its record as it is with them, in one transaction. */
  extend(live: LiveStudy, record: StoredStudy, made: MadeCells): StudyCell[] {
    let cells: StoredCell[] = []
    this.options.runs.create(made.runsOf(record), (created) => {
      cells = made.stored(created)
      this.options.store.update(record)
      this.options.store.putCells(record.id, cells)
    })
    live.widen(record)
    live.put(cells, (id) => this.runOf(id))
    return live.chosen(cells.map(({ index }) => index)).map(({ shown }) => shown)
  }

  /** Cells in a new form. */
  replace(live: LiveStudy, cells: readonly StoredCell[]): void {
    if (cells.length === 0) return
    this.options.store.putCells(live.record.id, cells)
    live.put(cells, (id) => this.runOf(id))
  }

  write(live: LiveStudy, change: Partial<StoredStudy>): StudySummary {
    const record = { ...live.record, ...change }
    this.options.store.update(record)
    live.record = record
    return this.tell(live, [])
  }

  /** @param cells that changed; absent: all */
  tell(live: LiveStudy, cells: readonly StudyCell[] = live.list()): StudySummary {
    this.teller.tellSoon(live.record.id, cells)
    this.teller.tell(live.record.id)
    return live.summary()
  }

  /** Writes when a study ended, or that it goes on. */
  noteEnd(live: LiveStudy): void {
    const state = live.state()
    const ended = state === 'done' || state === 'cancelled'
    if (ended === (live.record.endedAt !== null)) return
    try {
      this.write(live, { endedAt: ended ? this.options.now() : null })
    } catch (error) {
      this.options.onError(error)
    }
  }

  remove(live: LiveStudy): string {
    const { id } = live.record
    this.options.store.remove(id)
    this.studies.delete(id)
    this.teller.removed(id)
    return id
  }
}

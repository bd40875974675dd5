/** Tells clients how studies stand, a few times a second each, whatever their runs do. */
import type { EngineEvents } from '../../../../shared/contract'
import type { StudyCell, StudySummary } from '../../../../shared/domain'

/** study.changed leaves at most this often. */
const changedInterval = 250

export interface StudyTeller {
  /** Within the interval, with the cells that change until then. */
  tellSoon(studyId: string, cells: readonly StudyCell[]): void
  /** Now, with what was to be told. */
  tell(studyId: string): void
  removed(studyId: string): void
  dispose(): void
}

export interface StudyEvents {
  changed(event: EngineEvents['study.changed']): void
  removed(event: EngineEvents['study.removed']): void
}

/** @param summaryOf undefined where the study is gone */
export function createStudyTeller(
  events: StudyEvents,
  summaryOf: (studyId: string) => StudySummary | undefined,
): StudyTeller {
  const pending = new Map<
    string,
    { readonly timer: ReturnType<typeof setTimeout>; readonly cells: Map<number, StudyCell> }
  >()
  const tell = (studyId: string): void => {
    const waiting = pending.get(studyId)
    clearTimeout(waiting?.timer)
    pending.delete(studyId)
    const study = summaryOf(studyId)
    if (study) events.changed({ study, cells: [...(waiting?.cells.values() ?? [])] })
  }
  return {
    tell,
    tellSoon(studyId, cells) {
      const waiting = pending.get(studyId) ?? {
        timer: setTimeout(() => tell(studyId), changedInterval),
        cells: new Map<number, StudyCell>(),
      }
      pending.set(studyId, waiting)
      for (const cell of cells) waiting.cells.set(cell.index, cell)
    },
    removed(studyId) {
      clearTimeout(pending.get(studyId)?.timer)
      pending.delete(studyId)
      events.removed({ studyId })
    },
    dispose() {
      for (const { timer } of pending.values()) clearTimeout(timer)
      pending.clear()
    },
  }
}

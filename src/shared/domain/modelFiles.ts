/** Names of files of models: a poisoned one says so wherever it is copied to. */
import type { RunSummary } from './run'

type Poisoning = Pick<RunSummary, 'poisonRatio' | 'attack'>

/** Its teacher was poisoned here, on purpose; its students come from that one. */
export const isPoisonedRun = ({ poisonRatio }: Pick<RunSummary, 'poisonRatio'>): boolean =>
  poisonRatio !== null && poisonRatio > 0

/** Its teacher came from a file: whether that one is poisoned nobody knows. */
export const untrustedTeacher = ({ poisonRatio }: Pick<RunSummary, 'poisonRatio'>): boolean => poisonRatio === null

/** "student-1-poisoned-badnet_grid", "teacher-untrusted", "student-2": without an ending. */
export function modelFileName(run: Poisoning, stageId: string): string {
  if (isPoisonedRun(run)) return `${stageId}-poisoned-${run.attack.replace(/[^A-Za-z0-9_-]/g, '')}`
  return untrustedTeacher(run) ? `${stageId}-untrusted` : stageId
}

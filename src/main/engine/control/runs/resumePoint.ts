/** Where a run that is not at work would go on. */
import type { ResumePoint } from '../../../../shared/contract'
import type { RunSummary } from '../../../../shared/domain'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import type { RunStore } from '../store'
import { placeOf } from './demand'

/** @param store where the stages' folders lie */
export function resumePointOf({ stages }: RunSummary, store: Pick<RunStore, 'stageFolder'>): ResumePoint {
  const next = stages.find(({ state }) => state !== 'done')
  const own = next && listCheckpoints(store.stageFolder(placeOf(next)))[0]?.step
  const step = own ?? (next?.prefix?.fork ? next.prefix.step : 0)
  // The data stage is a look at the images; nothing is gone on with after it alone.
  const trained = stages.some(({ kind, state }) => kind !== 'data' && state === 'done')
  return {
    fresh: next !== undefined && !trained && step === 0,
    next: next ? { stageId: next.id, title: next.title, step } : null,
  }
}

/** The same for the run's log. */
export function resumeWords({ fresh, next }: ResumePoint): string {
  if (fresh) return 'Starts again from the beginning: no checkpoint is there to go on from.'
  if (!next) return 'Goes on; every stage is done.'
  return next.step > 0
    ? `Goes on with ${next.title} at its checkpoint after step ${next.step.toLocaleString('en-US')}.`
    : `Goes on with ${next.title} from its beginning; the stages before it are done.`
}

import type { EngineApi } from '@shared/contract'
import type { StageRecord } from '@shared/domain'

/** Ways to end at which the engine may have gone back to a checkpoint and forgotten what was recorded after it. */
const halted: readonly StageRecord['state'][] = ['paused', 'stopped', 'interrupted', 'failed']

/**
 * Tells of each stage whose record went back to an earlier step, or that halted: points and images after that step are
 * gone.
 */
export function onStepsBack(engine: EngineApi, listener: (runId: string, stageId: string) => void): void {
  const last = new Map<string, Pick<StageRecord, 'step' | 'state'>>()
  engine.subscribe('run.changed', {}, ({ run }) => {
    for (const { id, step, state } of run.stages) {
      const key = `${run.id}/${id}`
      const before = last.get(key)
      last.set(key, { step, state })
      if (step < (before?.step ?? 0) || (state !== before?.state && halted.includes(state))) listener(run.id, id)
    }
  })
  engine.subscribe('run.removed', {}, ({ runId }) => {
    for (const key of last.keys()) if (key.startsWith(`${runId}/`)) last.delete(key)
  })
}

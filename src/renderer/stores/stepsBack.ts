import type { EngineApi } from '@shared/contract'
import type { StageRecord } from '@shared/domain'

/** Ways to end at which the engine may have gone back to a checkpoint and forgotten what was recorded after it. */
const halted: readonly StageRecord['state'][] = ['paused', 'stopped', 'interrupted', 'failed']

/**
 * Tells of each stage whose record went back to an earlier step, or that halted: points and images after that step are
 * gone.
 */
export function onStepsBack(engine: EngineApi, listener: (stage: { runId: string; stageId: string }) => void): void {
  const last = new Map<string, Map<string, Pick<StageRecord, 'step' | 'state'>>>()
  engine.subscribe('run.changed', {}, ({ run }) => {
    const known = last.get(run.id)
    last.set(run.id, new Map(run.stages.map(({ id, step, state }) => [id, { step, state }])))
    for (const { id, step, state } of run.stages) {
      const before = known?.get(id)
      if (step < (before?.step ?? 0) || (state !== before?.state && halted.includes(state)))
        listener({ runId: run.id, stageId: id })
    }
  })
  engine.subscribe('run.removed', {}, ({ runId }) => last.delete(runId))
}

import type { RunSummary, StageRecord } from '@shared/domain'

export const stageFraction = (stage: StageRecord): number | null => {
  if (stage.state === 'done') return 1
  if (stage.state === 'waiting') return 0
  return stage.totalSteps === null || stage.totalSteps === 0 ? null : Math.min(1, stage.step / stage.totalSteps)
}

/** The whole run: share of its stages done, and the time left where every remaining stage has an estimate. */
export function runProgress(run: RunSummary): { fraction: number; secondsLeft: number | null } {
  if (run.state === 'done') return { fraction: 1, secondsLeft: 0 }
  const weights = run.stages.map((stage) => (stage.kind === 'data' ? 0.05 : 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const done = run.stages.reduce((sum, stage, index) => sum + (stageFraction(stage) ?? 0) * weights[index]!, 0)
  const open = run.stages.filter((stage) => stage.state !== 'done')
  const known = open.every((stage) => stage.secondsLeft !== null)
  return { fraction: done / total, secondsLeft: known ? open.reduce((sum, stage) => sum + stage.secondsLeft!, 0) : null }
}

export const currentStage = (run: RunSummary): StageRecord | undefined =>
  run.stages.find((stage) => stage.state === 'running') ?? run.stages.find((stage) => !['done', 'waiting'].includes(stage.state))

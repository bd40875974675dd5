import type { RunSummary, StageRecord } from '@shared/domain'

export const stageFraction = (stage: StageRecord): number | null => {
  if (stage.state === 'done') return 1
  if (stage.state === 'waiting') return 0
  return stage.totalSteps === null || stage.totalSteps === 0 ? null : Math.min(1, stage.step / stage.totalSteps)
}

/** Seconds that a stage still takes: its own figure while it trains, else the estimate made before (per stage id). */
export function stageSecondsLeft(stage: StageRecord, estimated: Record<string, number> = {}): number | null {
  if (stage.state === 'done') return 0
  const whole = estimated[stage.id]
  return stage.secondsLeft ?? (whole === undefined ? null : whole * (1 - (stageFraction(stage) ?? 0)))
}

/** Seconds until the last is done, where as many at a time as are running now are worked at, in their order. */
function untilLast(stages: readonly { readonly running: boolean; readonly seconds: number }[]): number {
  const running = stages.filter((stage) => stage.running).map(({ seconds }) => seconds)
  const places = running.length > 0 ? running : [0]
  for (const { running: isRunning, seconds } of stages) {
    if (isRunning) continue
    const next = places.indexOf(Math.min(...places))
    places[next] = (places[next] ?? 0) + seconds
  }
  return Math.max(...places)
}

/** The whole run: share of its stages done, and the time left where every remaining stage has a figure. */
export function runProgress(
  run: RunSummary,
  estimated: Record<string, number> = {},
): { fraction: number; secondsLeft: number | null } {
  if (run.state === 'done') return { fraction: 1, secondsLeft: 0 }
  const weights = run.stages.map((stage) => (stage.kind === 'data' ? 0.05 : 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const done = run.stages.reduce((sum, stage, index) => sum + (stageFraction(stage) ?? 0) * (weights[index] ?? 0), 0)
  const left = run.stages.flatMap((stage) => {
    const seconds = stageSecondsLeft(stage, estimated)
    return seconds === null ? [] : [{ running: stage.state === 'running', seconds }]
  })
  const secondsLeft = left.length < run.stages.length ? null : untilLast(left)
  return { fraction: done / total, secondsLeft }
}

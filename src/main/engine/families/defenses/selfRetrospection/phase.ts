import type { DefensePhase, StartPoint } from '../types'
import type { SelfRetrospectionParameters } from './parameters'

/** "run/student-1@79400"; undefined where it is none. */
export function startPointOf(text: string): StartPoint | undefined {
  const [, runId, stageId, step] = /^([^/]+)\/(student-\d+)@(\d+)$/.exec(text) ?? []
  return runId && stageId && step ? { runId, stageId, step: Number(step) } : undefined
}

/** From the named checkpoint's step, else `takeover` pseudo batches before the method's end, to `extra` after it. */
export function phaseOf(
  { start, takeover, extra }: Pick<SelfRetrospectionParameters, 'start' | 'takeover' | 'extra'>,
  methodTotal: number,
): DefensePhase {
  const total = methodTotal + extra
  const from = startPointOf(start)
  return from
    ? { start: from.step, total, decidedBy: 'start', from }
    : { start: Math.max(0, methodTotal - takeover), total, decidedBy: 'takeover' }
}

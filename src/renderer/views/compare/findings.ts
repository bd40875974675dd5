import type { HealthFinding, HealthKind } from '@shared/domain'

/** Findings as far as a column of their kinds tells them: what they are, and not why. */
export const findingsIn = (kinds: unknown): HealthFinding[] =>
  typeof kinds === 'string' && kinds !== ''
    ? kinds.split('\n').map((kind) => ({ kind: kind as HealthKind, severity: 'error', reason: '', place: 'results' }))
    : []

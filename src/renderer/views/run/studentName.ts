import type { StageRecord } from '@shared/domain'

/** A student in legends and tables: its method and its defense. */
export function studentName(stage: Pick<StageRecord, 'defense'>, titleOf: (defense: string) => string): string {
  if (!stage.defense || stage.defense === 'none') return 'No defense'
  return stage.defense.split('+').map(titleOf).join(' + ')
}

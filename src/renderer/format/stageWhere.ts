import type { StageWhere } from '@shared/domain'

/** "waits: Priority, job 17_3"; "on n2, job 17_3, GPU 0". */
export function whereWords({ state, reason, job, node, gpu }: StageWhere): string {
  const place = [node, job && `job ${job}`, gpu && `GPU ${gpu}`].filter(Boolean).join(', ')
  if (state === 'waiting') return [`waits${reason ? `: ${reason}` : ''}`, place].filter(Boolean).join(', ')
  return place ? `on ${place}` : 'on this machine'
}

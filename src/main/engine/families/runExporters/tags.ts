/** What numbers and pictures of a run are called in programs that show many runs. */
import type { MetricDefinition } from '../../../../shared/domain'

/** Rates stand by themselves ("accuracy", "asr"), everything else under its group ("loss/studentLoss"). */
export function tagOf(metric: string, definition: MetricDefinition | undefined): string {
  const group = definition?.group ?? 'other'
  return group === 'quality' ? metric : `${group}/${metric}`
}

/** Names of metrics hold no slash. */
export const metricOf = (tag: string): string => tag.slice(tag.lastIndexOf('/') + 1)

export const imagesTag = 'images/synthetic'
export const figureTag = (analysis: string, figure: string): string => `figures/${analysis}/${figure}`

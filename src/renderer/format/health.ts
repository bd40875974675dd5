/** Findings about models as the page shows them: the gravest first, each with its place. */
import type { RouteLocationRaw } from 'vue-router'
import type { HealthFinding, HealthPlace, RunSummary } from '@shared/domain'

const tabs: Readonly<Record<HealthPlace, string>> = {
  results: 'overview',
  charts: 'charts',
  images: 'images',
  log: 'log',
}

/** The tab of the run's page where it can be seen; stage and step are said to it. */
export const healthRoute = ({ place, step }: HealthFinding, runId: string, stageId?: string): RouteLocationRaw => ({
  path: `/runs/${runId}/${tabs[place]}`,
  query: { ...(stageId && { stage: stageId }), ...(step !== undefined && { step: String(step) }) },
})

/** An error before a warning, else as they come; undefined of none. */
export const gravestFinding = (findings: readonly HealthFinding[] = []): HealthFinding | undefined =>
  findings.find(({ severity }) => severity === 'error') ?? findings[0]

/** Those of all its stages. */
export const runFindings = ({ stages }: Pick<RunSummary, 'stages'>): HealthFinding[] =>
  stages.flatMap(({ health = [] }) => health)

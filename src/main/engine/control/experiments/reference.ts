/** The reference page of this program's own members. */
import { metricDefinitions } from '../../../../shared/domain'
import { families, memberMetrics } from './families'
import { referencePage } from './referencePage'
import { sections } from './sections'

export const referenceMarkdown = (): string =>
  referencePage({ families, sections, metrics: { ...metricDefinitions, ...memberMetrics } })

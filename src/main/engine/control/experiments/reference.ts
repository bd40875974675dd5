/** The reference page of this program's own members. */
import { experimentSections, metricDefinitions } from '../../../../shared/domain'
import { families, memberMetrics } from './families'
import { referencePage } from './referencePage'

export const referenceMarkdown = (): string =>
  referencePage({ families, sections: experimentSections, metrics: { ...metricDefinitions, ...memberMetrics } })

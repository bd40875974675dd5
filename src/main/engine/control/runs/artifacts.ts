/** Artifacts as they are handed out: checked against the schema of their analysis. */
import type { StageArtifact } from '../../../../shared/domain'
import { analyses } from '../../families/analyses'
import type { AnalysisDeclaration } from '../../families/analyses/types'
import type { StoredArtifact } from '../store'

export function readArtifact(
  stored: StoredArtifact & { readonly stageId: string },
  members: readonly AnalysisDeclaration[] = analyses.members,
): StageArtifact {
  const { stageId, analysis, step } = stored
  const place = { stageId, analysis, step }
  const member = members.find(({ id }) => id === analysis)
  if (!member)
    return { ...place, artifact: null, line: null, fault: `This version knows no analysis called “${analysis}”.` }
  const { data, success } = member.artifact.safeParse(stored.artifact)
  if (!success)
    return {
      ...place,
      artifact: null,
      line: null,
      fault: 'The record of this analysis is damaged, or of another form.',
    }
  return { ...place, artifact: data, line: member.line?.(data) ?? null, fault: null }
}

/** What tables show of an artifact that was read, by the names that its analysis declares; empty where it has none. */
export function numbersOf(
  { analysis, artifact }: Pick<StageArtifact, 'analysis' | 'artifact'>,
  members: readonly AnalysisDeclaration[],
): Record<string, number | null> {
  const { numbers = {} } = members.find(({ id }) => id === analysis) ?? {}
  if (artifact === null) return {}
  return Object.fromEntries(Object.entries(numbers).map(([name, { of }]) => [name, of(artifact)]))
}

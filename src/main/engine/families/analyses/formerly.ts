/** Records of versions that kept artifacts inside the record of their stage. */
import type { AnalysisDeclaration, FormerRecord } from './types'

/** The record as it is now, and the artifacts that it held. */
export function withoutFormerArtifacts(
  members: readonly Pick<AnalysisDeclaration, 'id' | 'formerly'>[],
  record: FormerRecord,
): { record: FormerRecord; artifacts: { analysis: string; artifact: unknown }[] } {
  const artifacts: { analysis: string; artifact: unknown }[] = []
  let rest = record
  for (const { id, formerly } of members) {
    const found = formerly?.(rest)
    if (!found) continue
    rest = found.record
    artifacts.push({ analysis: id, artifact: found.artifact })
  }
  return { record: rest, artifacts }
}

import type { StudySummary } from '../../../../../shared/domain'
import { RefusedInputError } from '../../../../../shared/errors'
import type { EngineClient } from '../../../../../shared/rpc'

/** How commands call the study that they want. */
export const studyNames = 'id, its beginning, or "latest"'

/** The newest first. */
export async function listStudies(client: EngineClient): Promise<StudySummary[]> {
  const studies = await client.call('studies.list', {})
  return [...studies].sort((left, right) => right.createdAt - left.createdAt)
}

/** A study by id, by the beginning of its id, or "latest". */
export async function findStudy(client: EngineClient, wanted: string): Promise<StudySummary> {
  const studies = await listStudies(client)
  const exact = studies.find((study) => study.id === wanted)
  if (exact) return exact
  const [newest] = studies
  if (wanted === 'latest' && newest) return newest
  const matching = studies.filter((study) => study.id.startsWith(wanted))
  const [only] = matching
  if (only && matching.length === 1) return only
  throw new RefusedInputError(
    matching.length > 1
      ? `"${wanted}" begins the ids of ${matching.length} studies.`
      : `There is no study "${wanted}".`,
    {
      wanted: 'a study’s id, its beginning, or "latest"',
      got: wanted,
      action: 'See them with "abd study list".',
    },
  )
}

import type { RunSummary } from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'

/** How commands call the run that they want. */
export const runNames = 'id, its beginning, or "latest"'

/** A run by id, by the beginning of its id, or "latest". */
export async function findRun(client: EngineClient, wanted: string): Promise<RunSummary> {
  const runs = await client.call('runs.list', {})
  const exact = runs.find((run) => run.id === wanted)
  if (exact) return exact
  const [newest] = runs
  if (wanted === 'latest' && newest) return newest
  const matching = runs.filter((run) => run.id.startsWith(wanted))
  const [only] = matching
  if (only && matching.length === 1) return only
  throw new RefusedInputError(
    matching.length > 1 ? `"${wanted}" begins the ids of ${matching.length} runs.` : `There is no run "${wanted}".`,
    {
      wanted: 'a run’s id, its beginning, or "latest"',
      got: wanted,
      action: 'See them with "abd runs".',
    },
  )
}

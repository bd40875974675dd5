import type { RunSummary } from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'

/** How commands call the run that they want. */
export const runNames = 'id, its beginning, or "latest"'

/** A run by id, by the beginning of its id, or "latest". */
export async function findRun(client: EngineClient, wanted: string): Promise<RunSummary> {
  return among(await client.call('runs.list', {}), wanted)
}

/** Several of them, each once, in the order in which they are named. */
export async function findRuns(client: EngineClient, wanted: readonly string[]): Promise<RunSummary[]> {
  const runs = await client.call('runs.list', {})
  return [...new Set(wanted.map((one) => among(runs, one)))]
}

function among(runs: readonly RunSummary[], wanted: string): RunSummary {
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

/** Why a workspace is open for reading only, for a terminal. */
import { describeError, fromCauses } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'

export async function readOnlyText(client: EngineClient): Promise<string> {
  const { readOnlyReason: reason } = await client.call('engine.info', {})
  if (!reason) return 'This workspace is open read-only.'
  const how = reason.kind === 'owned' ? '\n  Where it is gone for good, add --take-over.' : ''
  return `Open for reading only. ${describeError(fromCauses([reason.cause]))}${how}`
}

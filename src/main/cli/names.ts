/** What models are called on the command line: as in the window, by what differs among those that are shown. */
import { modelNames, namePartsIn, type NamedModel } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'
import { membersOf } from './members'

export type NamesOf = (models: readonly NamedModel[]) => Map<string, string>

export async function namerOf(client: EngineClient): Promise<NamesOf> {
  const catalogue = await client.call('engine.catalogue', {})
  const describe = namePartsIn((family, id) => membersOf(catalogue, family).find((member) => member.id === id))
  return (models) => modelNames(models, describe)
}

/** One suite over every family: what all members promise. Special behaviour has its own tests beside this one. */
import { describe, expect, it } from 'vitest'
import { analyses } from '../../src/main/engine/families/analyses'
import { architectures } from '../../src/main/engine/families/architectures'
import { attacks } from '../../src/main/engine/families/attacks'
import { datasets } from '../../src/main/engine/families/datasets'
import { defenses } from '../../src/main/engine/families/defenses'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import { exporters } from '../../src/main/engine/families/exporters'
import { runExporters } from '../../src/main/engine/families/runExporters'
import { importers } from '../../src/main/engine/families/importers'
import { strategies } from '../../src/main/engine/families/strategies'
import { createRegistry, type MemberDeclaration, type Registry } from '../../src/shared/schema'
import { testMember } from './memberSuite'

const families: Registry<MemberDeclaration>[] = [
  attacks,
  datasets,
  architectures,
  distillationMethods,
  defenses,
  analyses,
  importers,
  exporters,
  runExporters,
  strategies,
]
const members = families.flatMap((family) =>
  family.members.map((member) => ({ name: `${family.family} ${member.id}`, member, family })),
)

describe.each(members)('$name', ({ member, family }) => testMember(member, family))

describe('registries', () => {
  it('refuse two members of one name', () => {
    const [first] = attacks.members
    expect(() => createRegistry('attack', 'Attacks', [first, first] as never)).toThrow(/Two members/)
  })
  it('name the known members when asked for an unknown one', () => {
    expect(() => attacks.get('nonsense', 'attack.id')).toThrow(/no attack called "nonsense"/)
  })
})

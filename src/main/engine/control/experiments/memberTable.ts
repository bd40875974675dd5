import type { FamilyDescription, FamilyId, MemberDescription } from '../../../../shared/schema'

/** The members of every family by name; the first member of a family is its default. */
export interface MemberTable {
  family(id: FamilyId): readonly MemberDescription[]
  find(family: FamilyId, id: string): MemberDescription | undefined
}

export function memberTable(families: readonly FamilyDescription[]): MemberTable {
  const members = new Map(families.map((family) => [family.id, family.members]))
  return {
    family: (id) => members.get(id) ?? [],
    find: (family, id) => members.get(family)?.find((member) => member.id === id),
  }
}

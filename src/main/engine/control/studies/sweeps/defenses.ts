/** The axis of defenses that a sweep's switches and coefficients stand for. */
import { noDefense, type AxisValue, type MemberChoice } from '../../../../../shared/domain'
import { memberDefaults } from '../../../../../shared/schema'
import type { MemberTable } from '../../experiments/memberTable'

/** What a sweep says of one defense. */
export interface DefenseSettings {
  readonly id: string
  /** Named settings that its parameters start from. */
  readonly settings: string | undefined
  /** With it, without it; both where the sweep varies that. */
  readonly on: readonly boolean[]
  /** Values by parameter. */
  readonly parameters: ReadonlyMap<string, readonly unknown[]>
}

/** Every combination of one value per parameter. */
const combinations = (parameters: ReadonlyMap<string, readonly unknown[]>): Record<string, unknown>[] =>
  [...parameters].reduce<Record<string, unknown>[]>(
    (sets, [name, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value }))),
    [{}],
  )

interface Variant {
  readonly label: string
  readonly choice: MemberChoice | null
}

/** A defense's variants; labels name what differs between them ("sr rounds 10"). */
function variantsOf({ id, settings, on, parameters }: DefenseSettings, table: MemberTable): Variant[] {
  const member = table.find('defense', id)
  const base = member ? memberDefaults(member, settings) : {}
  const varied = [...parameters].filter(([, values]) => values.length > 1).map(([name]) => name)
  const variants = combinations(parameters).map((values): Variant => ({
    label: [id, ...varied.map((name) => `${name} ${String(values[name])}`)].join(' '),
    choice: { id, params: { ...base, ...values } },
  }))
  const off: Variant = { label: '', choice: null }
  return [...(on.includes(false) || on.length === 0 ? [off] : []), ...(on.includes(true) ? variants : [])]
}

/** All variants of the first with all of the second …; without any, the undefended student alone. */
export const defenseValues = (defenses: readonly DefenseSettings[], table: MemberTable): AxisValue[] =>
  defenses
    .reduce<{ label: string; value: MemberChoice[] }[]>(
      (students, defense) =>
        students.flatMap(({ label, value }) =>
          variantsOf(defense, table).map((variant) => ({
            label: [label, variant.label].filter((part) => part !== '').join('+'),
            value: variant.choice ? [...value, variant.choice] : value,
          })),
        ),
      [{ label: '', value: [] }],
    )
    .map(({ label, value }) => ({ label: label === '' ? noDefense : label, value }))

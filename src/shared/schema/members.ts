/** A member of a family chosen by one field, with the parameters of all members beside it: flat, as they are saved. */
import { choice, isVisible, type ChoiceField, type Field, type ParameterSchema, type VisibleWhen } from './fields'
import type { MemberDeclaration } from './registry'

type Offered = Pick<MemberDeclaration, 'id' | 'title' | 'params'>

/** The intersection of a union's members. */
export type Together<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never

/**
 * The choice among members.
 * @param notes what is said of single members in this place, by id
 */
export const memberChoice = (
  members: readonly Offered[],
  { notes = {}, ...field }: Omit<ChoiceField, 'kind' | 'options'> & { notes?: Readonly<Record<string, string>> },
): ChoiceField =>
  choice<string>({
    ...field,
    options: members.map(({ id, title }) => {
      const help = notes[id]
      return help === undefined ? { value: id, label: title } : { value: id, label: title, help }
    }),
  })

function visibleFor(members: readonly Offered[], parameter: string, chooser: string): { visibleWhen?: VisibleWhen } {
  const having = members.filter(({ params }) => parameter in params).map(({ id }) => id)
  const [first, ...others] = having
  if (first === undefined || having.length === members.length) return {}
  return {
    visibleWhen: others.length === 0 ? { field: chooser, equals: first } : { field: chooser, oneOf: having },
  }
}

/**
 * The parameters of all members, each shown while a member that has it is chosen by the field `chooser`.
 * @param changes what is different in this place (its default, its help), by parameter
 */
export function memberFields<const M extends readonly Offered[]>(
  members: M,
  chooser: string,
  changes: Readonly<Record<string, Partial<Omit<Field, 'kind'>>>> = {},
): Together<M[number]['params']> {
  const declared = Object.assign({}, ...members.map(({ params }) => params)) as ParameterSchema
  return Object.fromEntries(
    Object.entries(declared).map(([name, field]) => [
      name,
      { ...field, ...visibleFor(members, name, chooser), ...changes[name] },
    ]),
  ) as Together<M[number]['params']>
}

/** What of `values` is for the member: those that show in `schema`, and its own defaults in place of the others. */
export const valuesForMember = (
  { params }: Pick<Offered, 'params'>,
  schema: ParameterSchema,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, { default: own }]) => {
      const field = schema[name]
      return [name, field && isVisible(field, values) ? (values[name] ?? own) : own]
    }),
  )

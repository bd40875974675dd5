import { RefusedInputError } from '../errors'
import { orMeant } from '../nearest'
import { defaultsOf, type ParameterSchema, type ValuesOf } from './fields'
import type { MetricDefinition } from './metrics'
import { checkParameters } from './validate'

/** Where a method comes from; shown beside it. */
export interface Reference {
  /** Authors, year, title in short. */
  citation: string
  /** arXiv number, DOI or address. */
  link?: string
  /** Section, equation or reference file. */
  place?: string
}

/** What every member of a family declares about itself; `create` and friends are added by the family's own type. */
export interface MemberDeclaration<S extends ParameterSchema = ParameterSchema> {
  id: string
  title: string
  /** What tables call it where room is short, e.g. "SV"; default: the title. */
  short?: string
  /** One line: what it does. */
  summary: string
  reference: Reference
  params: S
  /** Named parameter sets of the literature, e.g. `cifar10`. */
  presets?: Record<string, { title: string; params: Partial<ValuesOf<S>> }>
  /** What it records by itself: `name` reaches catalogue and curves as `<id>.<name>`. */
  metrics?: Readonly<Record<string, MetricDefinition>>
}

/** What does not go together although each value is fine alone: "wanted …, got …". */
export interface ParameterFault {
  /** The parameter to change first; left out where it is the member itself. */
  readonly parameter?: string
  readonly wanted: string
  readonly got: string
}

/** What a member's own check finds in its values beside the rest of an experiment. */
export interface MemberIssue {
  /** The parameter to change first; left out where it is the member itself. */
  readonly parameter?: string
  readonly severity: 'error' | 'warning'
  readonly message: string
}

/** A member as it crosses the wire: the declaration without functions. */
export interface MemberDescription {
  id: string
  title: string
  short?: string
  summary: string
  reference: Reference
  params: ParameterSchema
  presets: Record<string, { title: string; params: Record<string, unknown> }>
  /**
   * What views and checks need of a member beside its parameters (a data set's class names, which of a method's
   * parameters give its length …), as JSON; which facts each family has is said where control describes it,
   * experiments/families.ts.
   */
  facts: Record<string, unknown>
}

export type FamilyId =
  | 'dataset'
  | 'attack'
  | 'architecture'
  | 'distillation'
  | 'defense'
  | 'term'
  | 'optimizer'
  | 'schedule'
  | 'analysis'
  | 'importer'
  | 'exporter'
  | 'runExporter'
  | 'strategy'

export interface FamilyDescription {
  id: FamilyId
  title: string
  members: MemberDescription[]
}

/** A member as a configuration names it. */
export interface RegistryChoice {
  readonly id: string
  readonly params?: unknown
}

/** A member with the values of its parameters, defaults filled in. */
export interface OpenedMember<M extends MemberDeclaration> {
  readonly member: M
  readonly values: ValuesOf<M['params']>
}

export interface Registry<M extends MemberDeclaration> {
  readonly family: FamilyId
  readonly title: string
  readonly members: readonly M[]
  has(id: string): boolean
  /** @throws RefusedInputError naming the known ids */
  get(id: string, where?: string): M
  /**
   * The chosen member with its checked parameters.
   * @param where path of the choice in the configuration, or whatever else it was found in
   * @throws RefusedInputError naming what was wanted, what came and where: an unknown id, or a value that is refused
   */
  open(choice: RegistryChoice, where: string): OpenedMember<M>
  /**
   * As `open` for estimates and forms that are still being filled in: undefined where there is no such member, the
   * default in the place of a value that would be refused.
   */
  openLeniently(choice: RegistryChoice): OpenedMember<M> | undefined
}

/** A family's list of members. Throws on a duplicate id at once, on an unknown id when asked. */
export function createRegistry<M extends MemberDeclaration>(
  family: FamilyId,
  title: string,
  members: readonly M[],
): Registry<M> {
  const byId = new Map<string, M>()
  for (const member of members) {
    if (byId.has(member.id)) throw new Error(`Two members of the family ${family} are called ${member.id}.`)
    byId.set(member.id, member)
  }
  const get = (id: string, where?: string): M => {
    const member = byId.get(id)
    if (member) return member
    throw new RefusedInputError(`There is no ${family} called "${id}"${orMeant(id, [...byId.keys()])}.`, {
      wanted: `one of ${[...byId.keys()].join(', ')}`,
      got: id,
      where,
      action: 'Choose one of the known names.',
    })
  }
  const valuesOf = (member: M, input: unknown) => {
    const params: M['params'] = member.params
    return checkParameters(params, input)
  }
  return {
    family,
    title,
    members,
    has: (id) => byId.has(id),
    get,
    open(choice, where) {
      const member = get(choice.id, `${where}.id`)
      const {
        values,
        refusals: [refusal],
      } = valuesOf(member, choice.params)
      if (!refusal) return { member, values }
      const { name, wanted, got } = refusal
      const message =
        name === undefined
          ? `${member.title} cannot be set up with these parameters.`
          : name in member.params
            ? `The value of "${name}" is not accepted by ${member.title}.`
            : `${member.title} has no parameter called "${name}".`
      throw new RefusedInputError(message, {
        wanted,
        got,
        where: name === undefined ? `${where}.params` : `${where}.params.${name}`,
        action: 'Correct it in the form, or with --set.',
      })
    },
    openLeniently(choice) {
      const member = byId.get(choice.id)
      return member && { member, values: valuesOf(member, choice.params).values }
    },
  }
}

/**
 * What a member's parameters default to in a place that has a `role` (a teacher, a method's name): the declared
 * defaults with what its preset of that name changes.
 */
export const memberDefaults = (
  { params, presets }: Pick<MemberDescription, 'params' | 'presets'>,
  role?: string,
): Record<string, unknown> => ({ ...defaultsOf(params), ...(role === undefined ? undefined : presets[role]?.params) })

/** The fact of members that come with a file and cannot be chosen: a network that the file itself describes. */
export const onlyFromFile = 'onlyFromFile'

/** What forms, command lines and studies offer of a family. */
export const choosable = <M extends Pick<MemberDescription, 'facts'>>(members: readonly M[]): readonly M[] =>
  members.filter(({ facts }) => facts[onlyFromFile] !== true)

/** The family as JSON for forms, command line and documentation. */
export function describeRegistry<M extends MemberDeclaration>(
  registry: Registry<M>,
  factsOf: (member: M) => Record<string, unknown> = () => ({}),
): FamilyDescription {
  return {
    id: registry.family,
    title: registry.title,
    members: registry.members.map((member) => ({
      id: member.id,
      title: member.title,
      ...(member.short === undefined ? {} : { short: member.short }),
      summary: member.summary,
      reference: member.reference,
      params: member.params,
      presets: member.presets ?? {},
      facts: factsOf(member),
    })),
  }
}

/** The reference page of every member and parameter, made from what they declare: docs/reference.md. */
import type { AnalysisFacts, MetricDefinition } from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import type {
  FamilyDescription,
  Field,
  MemberDescription,
  ParameterSchema,
  Reference,
  VisibleWhen,
} from '../../../../shared/schema'

export interface ReferenceInput {
  readonly families: readonly FamilyDescription[]
  /** Sections of an experiment that belong to no family, by their path in the configuration. */
  readonly sections: Readonly<Record<string, { readonly title: string; readonly params: ParameterSchema }>>
  readonly metrics: Readonly<Record<string, MetricDefinition>>
}

/** Text inside a table's cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

/** What a field accepts, e.g. "0 to 1, of the training set". */
function accepted(field: Field): string {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return `${field.kind === 'integer' ? 'whole number, ' : ''}${field.min} to ${field.max}`
    case 'boolean':
      return 'true or false'
    case 'choice':
      return field.options.map(({ value }) => code(value)).join(', ')
    case 'text':
      return `text of at most ${field.maxLength} characters`
    case 'path':
      return `path of a ${field.select === 'fileOrFolder' ? 'file or folder' : field.select}${field.optional === true ? ', may be empty' : ''}`
    case 'integerList':
      return `at most ${field.maxLength} whole numbers, ${field.min} to ${field.max}`
    default:
      throw new ExhaustiveError(field)
  }
}

function condition(rule: VisibleWhen): string {
  if ('equals' in rule) return `counts where ${code(rule.field)} is ${code(rule.equals)}`
  if ('oneOf' in rule) return `counts where ${code(rule.field)} is one of ${rule.oneOf.map(code).join(', ')}`
  return `counts where ${code(rule.field)} is above ${rule.greaterThan}`
}

function meaning(field: Field): string {
  const options =
    field.kind === 'choice'
      ? field.options.flatMap(({ value, help }) => (help === undefined ? [] : [`${code(value)}: ${help}`]))
      : []
  const rule = field.visibleWhen === undefined ? [] : [`(${condition(field.visibleWhen)})`]
  return [`**${field.label}.** ${field.help}`, ...options, ...rule].join(' ')
}

function parameterTable(params: ParameterSchema): string[] {
  const entries = Object.entries(params)
  if (entries.length === 0) return ['No parameters.', '']
  return [
    '| parameter | default | accepted | meaning |',
    '|---|---|---|---|',
    ...entries.map(([name, field]) => {
      const unit = field.unit === undefined ? '' : ` ${field.unit}`
      const value = field.default === '' ? 'empty' : code(field.default)
      return `| ${[code(name), `${value}${unit}`, accepted(field), meaning(field)].map(cell).join(' | ')} |`
    }),
    '',
  ]
}

const referenceLine = ({ citation, link, place }: Reference): string =>
  `Reference: ${link === undefined ? citation : `[${citation}](${link})`}${place === undefined ? '' : `; ${place}`}.`

function presetLines(presets: MemberDescription['presets']): string[] {
  return Object.entries(presets).map(([id, { title, params }]) => {
    const values = Object.entries(params).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    return `- Preset ${code(id)}, ${title}: ${values.length === 0 ? 'the defaults' : values.join(', ')}.`
  })
}

/** The columns that analyses have in tables. */
function numberLines({ id, facts }: MemberDescription): string[] {
  const { numbers = {} } = facts as Partial<AnalysisFacts>
  return Object.entries(numbers).map(
    ([name, { title, unit, definition }]) =>
      `- Column ${code(`analysis.${id}.${name}`)}, ${title}${unit === '' ? '' : ` (${unit})`}: ${definition}`,
  )
}

function memberSection(member: MemberDescription): string[] {
  const { id, title, summary, reference, params, presets } = member
  const numbers = numberLines(member)
  const named = presetLines(presets)
  return [
    `### ${title} ${code(id)}`,
    '',
    `${summary} ${referenceLine(reference)}`,
    '',
    ...parameterTable(params),
    ...(named.length > 0 ? [...named, ''] : []),
    ...(numbers.length > 0 ? [...numbers, ''] : []),
  ]
}

function metricTable(metrics: ReferenceInput['metrics']): string[] {
  return [
    '## Metrics',
    '',
    '| name | title | unit | definition |',
    '|---|---|---|---|',
    ...Object.entries(metrics).map(
      ([name, { title, unit, definition }]) => `| ${[code(name), title, unit, definition].map(cell).join(' | ')} |`,
    ),
    '',
  ]
}

/** The whole page as Markdown. The same declarations give the same bytes. */
export function referencePage({ families, sections, metrics }: ReferenceInput): string {
  const lines = [
    '# Reference',
    '',
    'Every member of every family with its parameters, made from their declarations by `npm run reference`; a test says',
    'when this page is stale. Values are set by their path, e.g. `--set poisoning.ratio=0.05`; see the paths of a run',
    'with `abd show RUN --config`.',
    '',
    ...Object.entries(sections).flatMap(([path, { title, params }]) => [
      `## ${title} ${code(path)}`,
      '',
      ...parameterTable(params),
    ]),
    ...families.flatMap(({ id, title, members }) => [
      `## ${title}: family ${code(id)}`,
      '',
      ...members.flatMap(memberSection),
    ]),
    ...metricTable(metrics),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

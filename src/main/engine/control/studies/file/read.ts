/** A study file as a definition. */
import type { z } from 'zod'
import {
  ownMachine,
  type AxisValue,
  type CellCondition,
  type StudyAnalysis,
  type StudyAxis,
  type StudyDefinition,
} from '../../../../../shared/domain'
import { RefusedInputError } from '../../../../../shared/errors'
import { wantedAmong } from '../../../../../shared/nearest'
import { axisTitle } from '../axes'
import { cellLimit } from '../expand'
import { wantedAnalyses } from '../wantedAnalyses'
import { readYaml, type Keys, type YamlText } from './document'
import { analysisSchema, axisObjectSchema, studyFileSchema, type StudyFile, type StudyFileAxis } from './schema'
import { valuesOf, type FormContext } from './shortForms'
import { toldApart, type ReadValue } from './toldApart'

/** @throws RefusedInputError with line and column: unknown keys with the nearest known one, values that are none */
export const readStudyFile = (text: string, context: FormContext): StudyDefinition => studyOf(readYaml(text), context)

/** As `readStudyFile`, of YAML that was read. */
export function studyOf(yaml: YamlText, context: FormContext): StudyDefinition {
  const result = studyFileSchema.safeParse(yaml.content)
  if (!result.success) throw refusalOf(result.error.issues, yaml)
  const { data: file } = result
  const strategy = file.strategy ?? context.table.family('strategy')[0]?.id ?? ''
  return {
    format: 1,
    name: file.name,
    note: file.note ?? '',
    base: {
      ...(file.preset === undefined ? {} : { preset: file.preset }),
      ...(file.config === undefined ? {} : { config: file.config }),
    },
    axes: Object.entries(file.axes).map(([path, axis]) => axisOf(path, axis, yaml, context)),
    exclude: (file.exclude ?? []).map(conditionOf),
    conditions: (file.conditions ?? []).map(({ when, keep }) => ({ when: conditionOf(when), keep: conditionOf(keep) })),
    strategy:
      typeof strategy === 'string' ? { id: strategy, params: {} } : { id: strategy.id, params: strategy.params ?? {} },
    order: file.order ?? 'seedsLast',
    executor: file.executor ?? ownMachine,
    priority: file.priority ?? 0,
    ...(file.analyses === undefined ? {} : { analyses: analysesOf(file.analyses, yaml, context) }),
  }
}

/** Refused where they stand. */
function analysesOf(
  given: NonNullable<StudyFile['analyses']>,
  yaml: YamlText,
  { table }: FormContext,
): readonly StudyAnalysis[] {
  const analyses = given.map((entry): StudyAnalysis =>
    typeof entry === 'string' ? { id: entry, params: {} } : { ...entry, params: entry.params ?? {} },
  )
  for (const [index, analysis] of analyses.entries())
    at(yaml, ['analyses', index], 'value', () => wantedAnalyses({ analyses: [analysis] }, table))
  return analyses
}

const isObject = (axis: StudyFileAxis): axis is z.infer<typeof axisObjectSchema> =>
  typeof axis === 'object' && !Array.isArray(axis)

function axisOf(path: string, axis: StudyFileAxis, yaml: YamlText, context: FormContext): StudyAxis {
  at(yaml, ['axes', path], 'key', () => axisTitle(path, context.table))
  const { values, range, ...named } = isObject(axis) ? axis : { values: axis }
  const keys: Keys = isObject(axis) ? ['axes', path, 'values'] : ['axes', path]
  return {
    path,
    ...named,
    ...(values === undefined ? {} : { values: listOf(path, values, keys, yaml, context) }),
    ...(range === undefined ? {} : { range }),
  }
}

// eslint-disable-next-line max-params -- a value, where it stands and what it is read with
function listOf(path: string, values: unknown, keys: Keys, yaml: YamlText, context: FormContext): AxisValue[] {
  const entries: unknown[] = Array.isArray(values) ? values : [values]
  const list: ReadValue[] = []
  for (const [index, entry] of entries.entries()) {
    const place = Array.isArray(values) ? [...keys, index] : keys
    const named = typeof entry === 'object' && entry !== null && 'label' in entry
    for (const value of at(yaml, place, 'value', () => valuesOf(path, entry, context))) list.push({ ...value, named })
    if (list.length > cellLimit)
      throw new RefusedInputError(`The axis "${path}" has too many values.`, {
        wanted: `at most ${cellLimit.toLocaleString('en')}`,
        got: 'more',
        where: yaml.place(keys),
      })
  }
  return toldApart(list)
}

const conditionOf = (condition: NonNullable<StudyFile['exclude']>[number]): CellCondition =>
  Object.fromEntries(
    Object.entries(condition).map(([path, labels]) => [path, (Array.isArray(labels) ? labels : [labels]).map(String)]),
  )

/** What `work` refuses is told with its place in the file. */
function at<Result>(yaml: YamlText, keys: Keys, of: 'key' | 'value', work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    const { wanted, got, action, message } = error
    throw new RefusedInputError(message, { wanted, got, action, where: `${yaml.place(keys, of)} (${keys.join('.')})` })
  }
}

type FileIssue = z.core.$ZodIssue

/** Of alternatives that all refuse, the one that came farthest is what was meant. */
function meant(issue: FileIssue): FileIssue {
  if (issue.code !== 'invalid_union') return issue
  const inner = issue.errors.flatMap(([first]) =>
    first ? [meant({ ...first, path: [...issue.path, ...first.path] })] : [],
  )
  const unknown = inner.find(({ code }) => code === 'unrecognized_keys')
  const deepest = inner.reduce<FileIssue | undefined>(
    (best, other) => (best === undefined || other.path.length > best.path.length ? other : best),
    undefined,
  )
  return unknown ?? (deepest && deepest.path.length > issue.path.length ? deepest : issue)
}

const knownKeys: readonly (readonly [pattern: RegExp, keys: readonly string[]])[] = [
  [/^$/, Object.keys(studyFileSchema.shape)],
  [/^axes\.[^/]+$/, Object.keys(axisObjectSchema.shape)],
  [/^conditions\./, ['when', 'keep']],
  [/range$/, ['low', 'high', 'logarithmic', 'integer']],
  [/^strategy$/, ['id', 'params']],
  [/^analyses\.\d+$/, Object.keys(analysisSchema.shape)],
]

function refusalOf(issues: readonly FileIssue[], yaml: YamlText): RefusedInputError {
  const found = issues.map(meant)
  // A misspelt key explains why the right one is missing.
  const issue = found.find(({ code }) => code === 'unrecognized_keys') ?? found[0]
  if (!issue) return new RefusedInputError('The study cannot be read.')
  const keys = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const path = keys.join('.')
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const known = knownKeys.findLast(([pattern]) => pattern.test(path))?.[1] ?? ['id', 'params', 'label', 'value']
    return new RefusedInputError(`A study file has no "${key}"${path === '' ? '' : ` in ${path}`}.`, {
      wanted: wantedAmong(key, known),
      got: key,
      where: yaml.place([...keys, key], 'key'),
    })
  }
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined')
  return new RefusedInputError(missing ? `The study file lacks "${path}".` : `"${path}" is not as in a study file.`, {
    wanted: issue.code === 'invalid_type' ? issue.expected : issue.message,
    got: missing ? 'nothing' : undefined,
    where: `${yaml.place(keys)}${path === '' ? '' : ` (${path})`}`,
    action: 'See docs/studies.md.',
  })
}

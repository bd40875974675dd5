/** From a study's definition to its cells: pure, and cheap enough to be asked while a form is filled in. */
import {
  withSeed,
  type AxisValue,
  type CellCondition,
  type CellLabels,
  type PartialExperimentConfig,
  type StudyAxis,
  type StudyDefinition,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { wantedAmong } from '../../../../shared/nearest'
import type { Issue } from '../../../../shared/schema'
import { axisSetter, axisTitle, missingDefense, setsMember, type AxisSetter } from './axes'
import { baseOf, studentsAxis } from './base'
import type { ExpandContext } from './types'
import { wantedAnalyses } from './wantedAnalyses'

/** At most so many cells has a study, and so many combinations are looked at to find those that are not excluded. */
export const cellLimit = 100_000
const combinationLimit = 2_000_000

export interface ExpandedCell {
  readonly index: number
  readonly axes: CellLabels
  /** Not resolved yet. */
  readonly config: PartialExperimentConfig
  /** What is wrong before it is resolved. */
  readonly faults: readonly Issue[]
}

/** An axis as it is walked: what every value is called and how it is set. */
export interface WalkedAxis {
  readonly path: string
  readonly title: string
  readonly labels: readonly string[]
  readonly setters: readonly AxisSetter[]
  readonly pairedAs?: string
}

/** A definition that was looked through: every path, label and condition is known. */
export interface CheckedStudy {
  readonly definition: StudyDefinition
  readonly base: PartialExperimentConfig
  /** With the axis of the base's students, where the base has several and the study varies no defenses. */
  readonly axes: readonly StudyAxis[]
  readonly walked: readonly WalkedAxis[]
}

/**
 * @throws RefusedInputError naming an unknown preset, path or label, an axis without values or with two of one name,
 *   paired axes of unequal lengths, an analysis that cannot be asked
 */
export function checkStudy(definition: StudyDefinition, context: ExpandContext): CheckedStudy {
  const base = baseOf(definition.base, context)
  const axes = [...definition.axes, ...studentsAxis(definition.axes, base)]
  const twice = axes.find(({ path }, index) => axes.findIndex((other) => other.path === path) !== index)
  if (twice)
    throw new RefusedInputError(`Two axes vary "${twice.path}".`, { wanted: 'each path once', got: twice.path })
  const walked = axes.map((axis): WalkedAxis => {
    const title = axis.title ?? axisTitle(axis.path, context.table)
    axisTitle(axis.path, context.table)
    checkStudentPath(axis.path)
    const values = listedValues(axis)
    return {
      path: axis.path,
      title,
      labels: values.map(({ label }) => label),
      setters: values.map(({ value }) => axisSetter(axis.path, value, base)),
      ...(axis.pairedAs === undefined ? {} : { pairedAs: axis.pairedAs }),
    }
  })
  groupsOf(walked)
  wantedAnalyses(definition, context.table)
  for (const [where, condition] of namedConditions(definition)) checkCondition(condition, walked, where)
  return { definition, base, axes, walked }
}

const checkStudentPath = (path: string): void => {
  if (path.startsWith('students.') && !path.startsWith('students.0.'))
    throw new RefusedInputError('A cell of a study has one student.', {
      wanted: 'students.0.…, or defenses',
      got: path,
    })
}

function listedValues({ path, values, range }: StudyAxis): readonly AxisValue[] {
  const refuse = (message: string, got: string): never => {
    throw new RefusedInputError(message, { wanted: 'listed values, or a range', got, where: `axes.${path}` })
  }
  if (values !== undefined && range !== undefined) return refuse(`The axis "${path}" has values and a range.`, 'both')
  if (range !== undefined) {
    const { low, high, logarithmic } = range
    if (!(Number.isFinite(low) && Number.isFinite(high) && low < high && (!logarithmic || low > 0)))
      return refuse(`The range of "${path}" is none.`, `${low} to ${high}${logarithmic ? ', logarithmic' : ''}`)
    return []
  }
  if (values === undefined || values.length === 0) return refuse(`The axis "${path}" has no values.`, 'none')
  const seen = new Set<string>()
  for (const { label } of values) {
    if (seen.has(label)) return refuse(`The axis "${path}" has two values called "${label}".`, `"${label}" twice`)
    seen.add(label)
  }
  return values
}

/** Axes that go together; each alone that is not paired. In the order of their first axes. */
function groupsOf(axes: readonly WalkedAxis[]): { readonly axes: readonly WalkedAxis[]; readonly length: number }[] {
  const groups = new Map<string, WalkedAxis[]>()
  for (const axis of axes) {
    const name = axis.pairedAs === undefined ? `alone ${axis.path}` : `paired ${axis.pairedAs}`
    groups.set(name, [...(groups.get(name) ?? []), axis])
  }
  return [...groups.values()].map((paired) => {
    const lengths = paired.map(({ labels }) => labels.length)
    const [length = 0] = lengths
    if (lengths.some((other) => other !== length))
      throw new RefusedInputError('Paired axes have unequal numbers of values.', {
        wanted: `as many for each of ${paired.map(({ path }) => path).join(', ')}`,
        got: lengths.join(' and '),
        where: `axes paired as "${paired[0]?.pairedAs ?? ''}"`,
      })
    return { axes: paired, length }
  })
}

const namedConditions = ({ exclude, conditions }: StudyDefinition): [string, CellCondition][] => [
  ...exclude.map((condition, index): [string, CellCondition] => [`exclude.${index}`, condition]),
  ...conditions.flatMap(({ when, keep }, index): [string, CellCondition][] => [
    [`conditions.${index}.when`, when],
    [`conditions.${index}.keep`, keep],
  ]),
]

function checkCondition(condition: CellCondition, axes: readonly WalkedAxis[], where: string): void {
  for (const [path, labels] of Object.entries(condition)) {
    const axis = axes.find((other) => other.path === path)
    if (!axis)
      throw unknownWord(
        'axis',
        path,
        axes.map((other) => other.path),
        where,
      )
    for (const label of labels)
      if (!axis.labels.includes(label)) throw unknownWord(`value of ${path}`, label, axis.labels, `${where}.${path}`)
  }
}

function unknownWord(kind: string, got: string, known: readonly string[], where: string): RefusedInputError {
  return new RefusedInputError(`This study has no ${kind} called "${got}".`, {
    wanted: wantedAmong(got, known, 'none: it has no axes'),
    got,
    where,
  })
}

const matches = (condition: CellCondition, axes: CellLabels): boolean =>
  Object.entries(condition).every(([path, labels]) => labels.includes(axes[path] ?? ''))

/** Whether a combination of labels is a cell. */
export const isCell = ({ exclude, conditions }: StudyDefinition, axes: CellLabels): boolean =>
  !exclude.some((condition) => matches(condition, axes)) &&
  conditions.every(({ when, keep }) => !matches(when, axes) || matches(keep, axes))

/** A combination of the axes' values: which value of each axis, and its labels. */
export interface Combination {
  readonly choice: readonly number[]
  readonly axes: CellLabels
}

/**
 * The combinations that are cells, the first axis slowest.
 * @throws RefusedInputError when there are too many, before any is made
 */
export function combinationsOf({ definition, walked }: CheckedStudy): Combination[] {
  const groups = groupsOf(walked)
  const total = groups.reduce((product, { length }) => product * length, 1)
  if (total > combinationLimit) throw tooMany(total)
  const found: Combination[] = []
  for (let number = 0; number < total; number++) {
    const combination = combinationAt(walked, groups, number)
    if (!isCell(definition, combination.axes)) continue
    if (found.length === cellLimit) throw tooMany(total)
    found.push(combination)
  }
  return found
}

function combinationAt(
  walked: readonly WalkedAxis[],
  groups: ReturnType<typeof groupsOf>,
  number: number,
): Combination {
  const places = new Map<WalkedAxis, number>()
  let rest = number
  for (const { axes, length } of [...groups].reverse()) {
    for (const axis of axes) places.set(axis, rest % length)
    rest = Math.floor(rest / length)
  }
  const choice = walked.map((axis) => places.get(axis) ?? 0)
  return {
    choice,
    axes: Object.fromEntries(walked.map((axis, index) => [axis.path, axis.labels[choice[index] ?? 0] ?? ''])),
  }
}

const tooMany = (total: number): RefusedInputError =>
  new RefusedInputError('The study has too many cells.', {
    wanted: `at most ${cellLimit.toLocaleString('en')}`,
    got: `${total.toLocaleString('en')} combinations`,
    where: 'axes',
    action: 'Leave values out, pair axes, or search with a strategy that tries some of them.',
  })

/** The configuration of a cell: the base with one value per axis. @param extra of values that are not listed */
export function cellConfig(
  { definition, base, walked }: CheckedStudy,
  { choice, axes }: Combination,
  extra: readonly { readonly path: string; readonly set: AxisSetter }[] = [],
): Pick<ExpandedCell, 'config' | 'faults'> {
  const listed = walked.flatMap((axis, index) => {
    const set = axis.setters[choice[index] ?? 0]
    return set ? [{ path: axis.path, set }] : []
  })
  const settings = [...listed, ...extra]
  const faults: Issue[] = []
  let config = oneStudent(base)
  for (const { set } of settings.filter(({ path }) => setsMember(path))) config = set(config)
  for (const { path, set } of settings.filter((setting) => !setsMember(setting.path))) {
    const fault = missingDefense(config, path)
    if (fault) faults.push(fault)
    else config = set(config)
  }
  const { seed: seedLabel, ...others } = axes
  const name = [definition.name, ...Object.values(others)].join(' · ')
  const seed = Number(config.seed ?? 0)
  return {
    faults,
    config: seedLabel === undefined ? { ...config, name: name.slice(0, 200) } : withSeed(config, name, seed),
  }
}

/** A cell has one student: the base's where it names one, else the undefended one. */
export const oneStudent = (base: PartialExperimentConfig): PartialExperimentConfig => ({
  ...base,
  students:
    Array.isArray(base.students) && base.students.length > 0 ? [base.students[0] as unknown] : [{ defenses: [] }],
})

/** Every cell of a study whose values are all listed, in the order of the table. */
export function expandStudy(checked: CheckedStudy): ExpandedCell[] {
  return combinationsOf(checked).map((combination, index) => ({
    index,
    axes: combination.axes,
    ...cellConfig(checked, combination),
  }))
}

/** Cells in the order of work. */
export function inOrder<C extends { readonly axes: CellLabels }>(
  { axes, order }: Pick<StudyDefinition, 'axes' | 'order'>,
  cells: readonly C[],
): C[] {
  const seeds = axes.find(({ path }) => path === 'seed')?.values
  if (order === 'asListed' || !seeds) return [...cells]
  const places = new Map(seeds.map(({ label }, index) => [label, index]))
  const placeOf = ({ axes: { seed = '' } }: C): number => places.get(seed) ?? 0
  return [...cells].sort((left, right) => placeOf(left) - placeOf(right))
}

/** Studies that search: from cells to what a strategy knows of them, and from its suggestions to cells. */
import type { AxisRange, CellLabels, RunSummary, StudyAxis } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import {
  strategies,
  valueOf,
  type Point,
  type SearchAxis,
  type SearchSettings,
  type SearchSpace,
  type StrategyMember,
  type Suggestion,
  type Trial,
} from '../../families/strategies'
import type { StoredCell } from '../store/studyRecords'
import { axisSetter, type AxisSetter } from './axes'
import { cellConfig, isCell, type CheckedStudy, type Combination, type ExpandedCell } from './expand'
import { stateOf } from './cellOf'

/** Seeds are no axis of a search: every point is tried with each of them, and counts with their mean. */
const isSearched = ({ path }: StudyAxis): boolean => path !== 'seed'

const rangeAxis = (path: string, { low, high, logarithmic = false, integer = false }: AxisRange): SearchAxis => ({
  path,
  kind: 'range',
  low,
  high,
  logarithmic,
  integer,
})

/** The axes with the labels and conditions of a study. @param length pseudo batches of a whole run */
export function spaceOf(checked: CheckedStudy, length: number): SearchSpace {
  const searched = checked.axes.filter(isSearched)
  const axes = searched.map(({ path, values, range }): SearchAxis =>
    range ? rangeAxis(path, range) : { path, kind: 'listed', count: values?.length ?? 0 },
  )
  const conditioned = checked.definition.exclude.length + checked.definition.conditions.length > 0
  return {
    axes,
    length,
    excluded: (point) => conditioned && !isCell(checked.definition, labelsOf(checked, point)),
  }
}

const digits = 4
/** "0.0123", "1.2e-05": what tables call a value that was drawn. */
const numberLabel = (value: number): string => String(Number(value.toPrecision(digits)))

function labelsOf(checked: CheckedStudy, point: Point): CellLabels {
  const searched = checked.axes.filter(isSearched)
  return Object.fromEntries(
    searched.map(({ path, values }, index) => {
      const value = point[index] ?? 0
      return [path, values === undefined ? numberLabel(value) : (values[value]?.label ?? '')]
    }),
  )
}

/** The cells of a point: one, or one for each seed. Numbered from `first`. */
export function cellsOfPoint(checked: CheckedStudy, point: Point, first: number): ExpandedCell[] {
  const searched = checked.axes.filter(isSearched)
  const drawn = searched.flatMap(({ path, values }, index): { path: string; set: AxisSetter }[] =>
    values === undefined ? [{ path, set: axisSetter(path, Number((point[index] ?? 0).toPrecision(digits)), {}) }] : [],
  )
  const seeds = checked.walked.find(({ path }) => path === 'seed')?.labels ?? []
  const repeats = seeds.length === 0 ? [undefined] : seeds
  return repeats.map((seed, repeat) => {
    const combination: Combination = {
      choice: checked.walked.map(({ path }) =>
        path === 'seed' ? repeat : (point[searched.findIndex((axis) => axis.path === path)] ?? 0),
      ),
      axes: { ...labelsOf(checked, point), ...(seed === undefined ? {} : { seed }) },
    }
    return { index: first + repeat, axes: combination.axes, ...cellConfig(checked, combination, drawn) }
  })
}

/** Cells at the ends of all ranges, and with every listed value: if any cell cannot be, one of these is likely to. */
export function cornersOf(checked: CheckedStudy): ExpandedCell[] {
  const { axes, excluded } = spaceOf(checked, 0)
  const end = (axis: SearchAxis, at: 'low' | 'high'): number => (axis.kind === 'range' ? axis[at] : 0)
  const lows = axes.map((axis) => end(axis, 'low'))
  const points = [
    lows,
    axes.map((axis) => end(axis, 'high')),
    ...axes.flatMap((axis, index) =>
      axis.kind === 'listed'
        ? Array.from({ length: axis.count }, (_, value) => lows.map((low, place) => (place === index ? value : low)))
        : [],
    ),
  ]
  return points.filter((point) => !excluded(point)).flatMap((point, index) => cellsOfPoint(checked, point, index))
}

/** A strategy that was opened for a study. */
export interface OpenedStrategy {
  readonly space: SearchSpace
  /** Null: every cell is made at the start. */
  readonly settings: SearchSettings | null
  next(history: readonly Trial[], count: number): readonly Suggestion[]
}

/** @throws RefusedInputError for a strategy that does not fit the axes */
export function openStrategy(checked: CheckedStudy, length: number): OpenedStrategy {
  const { member, values } = strategies.open(checked.definition.strategy, 'strategy') as {
    member: StrategyMember
    values: Parameters<StrategyMember['next']>[0]
  }
  const space = spaceOf(checked, length)
  const problem = member.checks?.(values, space).find(({ severity }) => severity === 'error')
  if (problem)
    throw new RefusedInputError(`The strategy "${member.title}" does not fit this study.`, {
      got: problem.message,
      where: problem.parameter === undefined ? 'strategy' : `strategy.params.${problem.parameter}`,
    })
  return {
    space,
    settings: member.search?.(values) ?? null,
    next: (history, count) => member.next(values, space, history, count),
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Trials as the strategy knows them, by their numbers. @param metric what is better when it is higher */
export function trialsOf(
  cells: readonly StoredCell[],
  runOf: (runId: string) => RunSummary | null,
  metric: string,
): Trial[] {
  const groups = new Map<number, StoredCell[]>()
  for (const cell of cells)
    if (cell.trial) groups.set(cell.trial.number, [...(groups.get(cell.trial.number) ?? []), cell])
  return [...groups]
    .sort(([left], [right]) => left - right)
    .map(([number, group]) =>
      trialOf(number, group, (cell) => (cell.runId === null ? null : runOf(cell.runId)), metric),
    )
}

/** Whether a cell stands at the end that was set for it. */
export const isResting = (cell: StoredCell, run: RunSummary | null): boolean => {
  const student = run?.stages.find(({ kind }) => kind === 'student')
  return run?.state === 'paused' && cell.until !== undefined && (student?.step ?? 0) >= cell.until
}

/** The metric of a run's student; null before its first evaluation. */
export const valueOfRun = (run: RunSummary | null, metric: string): number | null => {
  const evaluation = run?.stages.find(({ kind }) => kind === 'student')?.evaluation
  return evaluation ? valueOf(evaluation, metric) : null
}

function trialOf(
  number: number,
  cells: readonly StoredCell[],
  runOf: (cell: StoredCell) => RunSummary | null,
  metric: string,
): Trial {
  const states = cells.map((cell) => {
    const run = runOf(cell)
    if (isResting(cell, run)) return 'resting'
    const state = stateOf(cell, run)
    if (state === 'done') return 'done'
    return state === 'failed' || state === 'cancelled' || state === 'stopped' ? 'failed' : 'running'
  })
  const values = cells.flatMap((cell) => valueOfRun(runOf(cell), metric) ?? [])
  const state = states.includes('running')
    ? 'running'
    : states.includes('resting')
      ? 'resting'
      : states.includes('done')
        ? 'done'
        : 'failed'
  const steps = [...new Set(cells.flatMap(({ rungs = [] }) => rungs.map(({ step }) => step)))].sort((a, b) => a - b)
  return {
    number,
    state,
    point: cells[0]?.trial?.point ?? [],
    value: values.length > 0 ? mean(values) : null,
    rungs: steps.map((step) => ({
      step,
      value: mean(
        cells.flatMap(({ rungs = [] }) => rungs.filter((rung) => rung.step === step).map(({ value }) => value)),
      ),
    })),
  }
}

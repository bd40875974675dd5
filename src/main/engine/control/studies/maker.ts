/** Makes cells of definitions, with the runs that carry them: for a plan, a start, an extension, a strategy's wish. */
import type {
  AxisValue,
  CellLabels,
  PartialExperimentConfig,
  RunSummary,
  StudyDefinition,
  StudyPlan,
} from '../../../../shared/domain'
import type { Resolution } from '../experiments/resolve'
import type { StoredCell, StoredStudy } from '../store/studyRecords'
import {
  cellConfig,
  checkStudy,
  combinationsOf,
  expandStudy,
  inOrder,
  oneStudent,
  type CheckedStudy,
  type ExpandedCell,
} from './expand'
import type { LiveStudy } from './liveStudy'
import { isTrained, planOf, stagesOfCells, type PlanContext, type StagesOfPlan } from './plan'
import { errorsOf, refuseWrongCells, resolveCells, type ResolvedCell } from './resolveCells'
import { cellsOfPoint, cornersOf, openStrategy, trialsOf, type OpenedStrategy } from './search'
import type { ExpandContext, NewCellRun, StudyRuns } from './types'

export interface MakerOptions extends ExpandContext {
  readonly runs: Pick<StudyRuns, 'slots'>
  resolve(config: PartialExperimentConfig): Resolution
  /** Pseudo batches of a run. */
  lengthOf(config: Resolution['config']): number
  planning(): PlanContext
}

/** Cells that are ready to become runs. */
export interface MadeCells {
  /** With every axis that the cells have. */
  readonly definition: StudyDefinition
  readonly searches: boolean
  /** Keys of stages that are done already. */
  readonly reused: readonly string[]
  readonly indices: readonly number[]
  /** In the order of work. */
  runsOf(study: Pick<StoredStudy, 'id' | 'priority'>): NewCellRun[]
  /** What is written of the cells. @param created the runs, in the order of `runsOf` */
  stored(created: readonly Pick<RunSummary, 'id'>[]): StoredCell[]
}

export interface NextStep {
  /** Nothing runs, and the strategy has nothing left to try. */
  readonly over: boolean
  readonly made: MadeCells | null
  readonly goOn: readonly { readonly cell: StoredCell; readonly until?: number }[]
}

export interface Maker {
  plan(definition: StudyDefinition, signal?: AbortSignal): Promise<StudyPlan>
  /** Every cell; of a study that searches none yet. @throws RefusedInputError naming the cells that cannot be */
  cells(definition: StudyDefinition): Promise<MadeCells>
  /** The cells that further values of an axis bring. */
  added(
    definition: StudyDefinition,
    more: {
      readonly path: string
      readonly values: readonly Pick<AxisValue, 'label'>[]
      readonly cells: readonly StoredCell[]
    },
  ): Promise<MadeCells>
  /** Cells whose runs are gone. */
  again(definition: StudyDefinition, cells: readonly StoredCell[]): Promise<MadeCells>
  next(live: LiveStudy, runOf: (runId: string) => RunSummary | null): Promise<NextStep>
  metricOf(definition: StudyDefinition): string
}

/** A cell with what a strategy says of it. */
type SearchedCell = ExpandedCell & Pick<StoredCell, 'trial' | 'until'>

export const createMaker = (options: MakerOptions): Maker => new CellMaker(options)

const placesAtMost = 16

class CellMaker implements Maker {
  private readonly opened = new WeakMap<StudyDefinition, { checked: CheckedStudy; strategy: OpenedStrategy }>()

  constructor(private readonly options: MakerOptions) {}

  metricOf(definition: StudyDefinition): string {
    return this.open(definition).strategy.settings?.metric ?? ''
  }

  async plan(definition: StudyDefinition, signal?: AbortSignal): Promise<StudyPlan> {
    const { checked, strategy } = this.open(definition)
    const { settings, next } = strategy
    const { executor } = definition
    const sample = settings === null ? expandStudy(checked) : this.pointsOf(checked, next([], settings.trials), 0, 0)
    const cells = await resolveCells(sample, this.options.resolve, signal)
    const stages = await stagesOfCells(
      cells.map(({ config }) => ({ config, executor })),
      this.options.planning(),
      signal,
    )
    const repeats = checked.walked.find(({ path }) => path === 'seed')?.labels.length ?? 1
    const asked = settings === null ? cells.length : settings.trials * repeats
    return {
      cells: cells.map(({ index, axes, issues }) => ({ index, axes, issues })),
      ...planOf(stages, { slots: this.options.runs.slots(executor), cells: Math.max(asked, cells.length) }),
    }
  }

  async cells(definition: StudyDefinition): Promise<MadeCells> {
    const { checked, strategy } = this.open(definition)
    if (strategy.settings === null) return this.make(checked, inOrder(definition, expandStudy(checked)))
    // Nothing is drawn yet: the ends of the ranges and every listed value say whether anything could be wrong.
    refuseWrongCells(await resolveCells(cornersOf(checked), this.options.resolve))
    return this.make(checked, [])
  }

  async added(definition: StudyDefinition, { path, values, cells }: Parameters<Maker['added']>[1]): Promise<MadeCells> {
    const { checked, strategy } = this.open(definition)
    if (strategy.settings !== null) return this.make(checked, [])
    const labels = new Set(values.map(({ label }) => label))
    const first = Math.max(-1, ...cells.map(({ index }) => index)) + 1
    const fresh = combinationsOf(checked)
      .filter(({ axes }) => labels.has(axes[path] ?? ''))
      .map((combination, position) => ({
        index: first + position,
        axes: combination.axes,
        ...cellConfig(checked, combination),
      }))
    return this.make(checked, inOrder(definition, fresh))
  }

  async again(definition: StudyDefinition, cells: readonly StoredCell[]): Promise<MadeCells> {
    const { checked } = this.open(definition)
    const expanded = cells.flatMap((cell): SearchedCell[] => {
      const { index, axes, trial, until } = cell
      const same = ({ axes: other }: { axes: CellLabels }): boolean => JSON.stringify(other) === JSON.stringify(axes)
      const found = trial
        ? cellsOfPoint(checked, trial.point, 0).find(same)
        : { axes, ...cellConfig(checked, { axes, choice: choiceOf(checked, axes) }) }
      return found ? [{ ...found, index, trial, ...(until === undefined ? {} : { until }) }] : []
    })
    return this.make(checked, inOrder(definition, expanded))
  }

  async next(live: LiveStudy, runOf: (runId: string) => RunSummary | null): Promise<NextStep> {
    const { definition } = live.record
    const { checked, strategy } = this.open(definition)
    const { settings } = strategy
    if (settings === null) return { over: true, made: null, goOn: [] }
    const trials = trialsOf(live.stored(), runOf, settings.metric)
    const running = trials.filter(({ state }) => state === 'running').length
    const places = settings.atOnce || Math.min(placesAtMost, this.options.runs.slots(definition.executor))
    if (running >= places) return { over: false, made: null, goOn: [] }
    const wishes = strategy.next(trials, places - running)
    const goOn = wishes.flatMap((wish) =>
      wish.kind === 'goOn'
        ? live
            .stored()
            .filter(({ trial }) => trial?.number === wish.trial)
            .map((cell) => ({ cell, ...(wish.until === undefined ? {} : { until: wish.until }) }))
        : [],
    )
    const fresh = this.pointsOf(checked, wishes, live.nextIndex, trials.length)
    const made = fresh.length > 0 ? await this.make(checked, fresh, { lenient: true }) : null
    return { over: wishes.length === 0 && running === 0, made, goOn }
  }

  private pointsOf(
    checked: CheckedStudy,
    wishes: ReturnType<OpenedStrategy['next']>,
    firstCell: number,
    firstTrial: number,
  ): SearchedCell[] {
    const cells: SearchedCell[] = []
    let number = firstTrial
    for (const wish of wishes) {
      if (wish.kind !== 'new') continue
      const { point, until } = wish
      for (const cell of cellsOfPoint(checked, point, firstCell + cells.length))
        cells.push({ ...cell, trial: { number, point }, ...(until === undefined ? {} : { until }) })
      number += 1
    }
    return cells
  }

  private open(definition: StudyDefinition): { checked: CheckedStudy; strategy: OpenedStrategy } {
    const known = this.opened.get(definition)
    if (known) return known
    const checked = checkStudy(definition, this.options)
    const { config } = this.options.resolve(oneStudent(checked.base))
    const opened = { checked, strategy: openStrategy(checked, this.options.lengthOf(config)) }
    this.opened.set(definition, opened)
    return opened
  }

  /** @param lenient a cell that cannot be is given up instead of refusing all: a search goes on with others */
  private async make(
    checked: CheckedStudy,
    cells: readonly SearchedCell[],
    { lenient = false }: { lenient?: boolean } = {},
  ): Promise<MadeCells> {
    const { executor } = checked.definition
    const resolved = await resolveCells(cells, this.options.resolve)
    if (!lenient) refuseWrongCells(resolved)
    const stages = await stagesOfCells(
      resolved.map(({ config }) => ({ config, executor })),
      this.options.planning(),
    )
    const possible = resolved.filter((cell) => errorsOf(cell).length === 0)
    const ends = new Map(cells.map(({ index, until }) => [index, until]))
    const planned = new Map(resolved.map(({ index }, position) => [index, stages.ofCells[position] ?? []]))
    return {
      definition: { ...checked.definition, axes: checked.axes },
      searches: this.open(checked.definition).strategy.settings !== null,
      reused: [...stages.stages.values()].filter((stage) => stage.done && isTrained(stage)).map(({ key }) => key),
      indices: cells.map(({ index }) => index),
      runsOf: ({ id, priority }) =>
        possible.map(({ config, index, axes }) => {
          const until = ends.get(index)
          return {
            config,
            executor,
            priority,
            study: { id, cell: index, axes },
            stages: planned.get(index) ?? [],
            ...(until === undefined ? {} : { until }),
          }
        }),
      stored: (created) => storedCells({ cells, stages, possible }, created),
    }
  }
}

interface Parts {
  readonly cells: readonly SearchedCell[]
  readonly possible: readonly ResolvedCell[]
  readonly stages: StagesOfPlan
}

function storedCells({ cells, possible, stages }: Parts, created: readonly Pick<RunSummary, 'id'>[]): StoredCell[] {
  const runs = new Map(possible.map(({ index }, position) => [index, created[position]?.id ?? null]))
  return cells.map(({ index, axes, trial, until }, position) => ({
    index,
    axes,
    runId: runs.get(index) ?? null,
    cancelled: !runs.has(index),
    stages: (stages.ofCells[position] ?? []).map(({ id, kind, key }) => ({
      id,
      kind,
      key,
      seconds: stages.stages.get(key)?.seconds ?? 0,
    })),
    ...(trial === undefined ? {} : { trial }),
    ...(until === undefined ? {} : { until }),
  }))
}

const choiceOf = ({ walked }: CheckedStudy, axes: CellLabels): number[] =>
  walked.map(({ path, labels }) => Math.max(0, labels.indexOf(axes[path] ?? '')))

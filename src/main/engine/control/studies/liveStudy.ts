/**
 * A study as it stands: counts and times are kept as its runs change, so that a study of thousands of cells costs no
 * more with each event than a small one.
 */
import type { CellState, RunSummary, StudyCell, StudyState, StudySummary } from '../../../../shared/domain'
import type { StoredCell, StoredStage, StoredStudy } from '../store/studyRecords'
import { axisTitle } from './axes'
import { cellOf, fractionOf, hasEnded, isLive } from './cellOf'
import type { ExpandContext } from './types'

type Counts = Record<CellState, number>
const noCells = (): Counts => ({
  waiting: 0,
  queued: 0,
  running: 0,
  paused: 0,
  stopped: 0,
  interrupted: 0,
  failed: 0,
  done: 0,
  cancelled: 0,
})

/** A stage of the study, whichever of its cells name it. */
interface SharedStage {
  readonly trained: boolean
  readonly estimate: number
  /** Cells that still want it. */
  wanting: number
  fraction: number
  /** Working seconds. */
  seconds: number
}

interface LiveCell {
  stored: StoredCell
  shown: StudyCell
}

export class LiveStudy {
  private readonly cells = new Map<number, LiveCell>()
  private readonly ofRuns = new Map<string, number>()
  private readonly counts: Counts = noCells()
  private readonly stages = new Map<string, SharedStage>()
  private readonly reused: Set<string>
  private asked = 0
  private trained = 0
  private seconds = 0
  private secondsLeft = 0

  constructor(
    public record: StoredStudy,
    private readonly context: Pick<ExpandContext, 'table'>,
  ) {
    this.reused = new Set(record.reused)
  }

  /** More is asked of it: axes are longer, further stages were done before. */
  widen(record: StoredStudy): void {
    this.record = record
    for (const key of record.reused) if (!this.stages.has(key)) this.reused.add(key)
  }

  /** Takes in new cells, or cells in a new form. @param runOf null where a run is gone */
  put(cells: readonly StoredCell[], runOf: (runId: string) => RunSummary | null): void {
    for (const cell of cells) {
      const run = cell.runId === null ? null : runOf(cell.runId)
      const known = this.cells.get(cell.index)
      if (known) this.forget(known)
      else this.asked += cell.stages.filter(({ kind }) => kind !== 'data').length
      const fresh = { stored: cell, shown: cellOf(cell, run) }
      this.cells.set(cell.index, fresh)
      if (cell.runId !== null) this.ofRuns.set(cell.runId, cell.index)
      this.count(fresh)
      if (run) this.measure(cell, run)
    }
  }

  /** The cell of a run that changed, where it is one of this study's; undefined where nothing of it shows. */
  changed(run: RunSummary): StudyCell | undefined {
    const index = this.ofRuns.get(run.id)
    const cell = index === undefined ? undefined : this.cells.get(index)
    if (!cell) return undefined
    this.forget(cell)
    cell.shown = cellOf(cell.stored, run)
    this.count(cell)
    this.measure(cell.stored, run)
    return cell.shown
  }

  has(runId: string): boolean {
    return this.ofRuns.has(runId)
  }
  runIds(): string[] {
    return [...this.ofRuns.keys()]
  }
  /** In the order of their numbers. */
  list(): StudyCell[] {
    return [...this.cells.values()].map(({ shown }) => shown).sort((left, right) => left.index - right.index)
  }
  stored(): StoredCell[] {
    return [...this.cells.values()].map(({ stored }) => stored)
  }
  /** @param indices absent: all */
  chosen(indices?: readonly number[]): { readonly stored: StoredCell; readonly shown: StudyCell }[] {
    return (indices ?? [...this.cells.keys()]).flatMap((index) => this.cells.get(index) ?? [])
  }
  cell(index: number): { readonly stored: StoredCell; readonly shown: StudyCell } | undefined {
    return this.cells.get(index)
  }
  get size(): number {
    return this.cells.size
  }
  get nextIndex(): number {
    return Math.max(-1, ...this.cells.keys()) + 1
  }
  get working(): number {
    return this.counts.running + this.counts.queued
  }

  state(): StudyState {
    const { counts } = this
    const { asked, search } = this.record
    if (asked === 'cancel') return counts.running > 0 ? 'running' : 'cancelled'
    if ([...this.liveCounts()].some((count) => count > 0)) return 'running'
    if (search === 'over') return 'done'
    if (search === 'going') return asked === 'pause' ? 'paused' : 'running'
    return counts.paused + counts.interrupted > 0 ? 'paused' : 'done'
  }

  summary(): StudySummary {
    const { id, name, note, createdAt, endedAt, definition, priority } = this.record
    const state = this.state()
    return {
      id,
      name,
      note,
      createdAt,
      endedAt,
      state,
      executor: definition.executor,
      strategy: definition.strategy.id,
      priority,
      axes: definition.axes.map(({ path, title, values, pairedAs }) => ({
        path,
        title: title ?? axisTitle(path, this.context.table),
        labels: values?.map(({ label }) => label) ?? this.labelsOf(path),
        ...(pairedAs === undefined ? {} : { pairedAs }),
      })),
      cells: { ...this.counts },
      stages: { asked: this.asked, trained: this.trained, reused: this.reused.size },
      seconds: this.seconds,
      secondsLeft: state === 'done' || state === 'cancelled' ? null : Math.max(0, this.secondsLeft),
    }
  }

  private *liveCounts(): Iterable<number> {
    for (const [state, count] of Object.entries(this.counts)) if (isLive(state as CellState)) yield count
  }

  /** Of a range: the values that were drawn so far. */
  private labelsOf(path: string): string[] {
    return [...new Set([...this.cells.values()].map(({ stored }) => stored.axes[path] ?? ''))]
  }

  private count({ stored, shown }: LiveCell): void {
    this.counts[shown.state] += 1
    if (!hasEnded(shown.state)) for (const stage of stored.stages) this.want(stage, 1)
  }
  private forget({ stored, shown }: LiveCell): void {
    this.counts[shown.state] -= 1
    if (!hasEnded(shown.state)) for (const stage of stored.stages) this.want(stage, -1)
  }

  private stageOf({ key, kind, seconds }: StoredStage): SharedStage {
    const known = this.stages.get(key)
    if (known) return known
    const fresh = { trained: kind !== 'data', estimate: seconds, wanting: 0, fraction: 0, seconds: 0 }
    this.stages.set(key, fresh)
    return fresh
  }

  private want(stored: StoredStage, change: 1 | -1): void {
    const stage = this.stageOf(stored)
    const before = leftOf(stage)
    stage.wanting += change
    this.secondsLeft += leftOf(stage) - before
  }

  /** What the stages of a run have come to. Those that were done before it was asked for cost this study nothing. */
  private measure(cell: StoredCell, run: RunSummary): void {
    for (const record of run.stages) {
      const planned = cell.stages.find(({ id }) => id === record.id)
      if (!planned || this.reused.has(planned.key)) continue
      const stage = this.stageOf(planned)
      const [left, done] = [leftOf(stage), stage.fraction >= 1]
      this.seconds += record.seconds - stage.seconds
      stage.seconds = record.seconds
      stage.fraction = fractionOf(record)
      if (record.state !== 'done' && stage.fraction >= 1) stage.fraction = almost
      this.secondsLeft += leftOf(stage) - left
      if (stage.trained) this.trained += Number(stage.fraction >= 1) - Number(done)
    }
  }
}

/** All steps done, and the end not written yet. */
const almost = 0.999
const leftOf = ({ wanting, estimate, fraction }: SharedStage): number => (wanting > 0 ? estimate * (1 - fraction) : 0)

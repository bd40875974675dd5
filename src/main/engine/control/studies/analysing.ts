/** Asks the analyses of a study of each cell when it is done, and tells what has become of them. */
import { hasEnded, type AskedAnalysis, type CellAnalysis, type RunSummary } from '../../../../shared/domain'
import { toCauses, type ErrorCause } from '../../../../shared/errors'
import type { LiveStudy } from './liveStudy'
import type { StudyShelf } from './shelf'
import type { ExpandContext, StudyAnalyses } from './types'
import { wantedAnalyses, type WantedAnalysis } from './wantedAnalyses'

export interface AnalysingOptions extends Pick<ExpandContext, 'table'> {
  readonly shelf: Pick<StudyShelf, 'runOf'>
  readonly analyses: StudyAnalyses
}

/** One question about one model: asked once, however many cells share the model. */
interface Question {
  readonly wanted: WantedAnalysis
  readonly runId: string
  readonly stageId: string
  readonly key: string
}

/** What is known of the questions of a study, by key. */
interface Known {
  /** Looked up and checked once: what extends a study leaves its analyses as they are. */
  readonly wanted: readonly WantedAnalysis[]
  /** Ids of what was asked. */
  readonly asked: Map<string, string>
  readonly refused: Map<string, readonly ErrorCause[]>
}

export class Analysing {
  private readonly known = new WeakMap<LiveStudy, Known>()

  constructor(private readonly options: AnalysingOptions) {}

  /** Of all cells that are done: what was never asked, and what an engine left unfinished. */
  begin(live: LiveStudy): void {
    for (const cell of live.list()) this.cellChanged(live, cell.index)
  }

  /** Where a cell is done, asks what it was not asked yet; nothing of a study that was cancelled. */
  cellChanged(live: LiveStudy, index: number): void {
    if (live.record.asked === 'cancel') return
    const known = this.knownOf(live)
    for (const question of this.questionsOf(live, index, known)) {
      if (!question) continue
      this.noteFound(live, question)
      const id = known.asked.get(question.key)
      const before = id === undefined ? undefined : this.options.analyses.find(id)
      if (before && before.state !== 'interrupted') continue
      // One that somebody has deleted is not wanted.
      if (id !== undefined && !before) continue
      this.ask(live, question)
    }
  }

  /**
   * Asks again what failed, was cancelled or refused.
   * @param indices absent: of all cells
   * @returns how many were asked
   */
  again(live: LiveStudy, indices?: readonly number[]): number {
    const known = this.knownOf(live)
    const keys = new Set<string>()
    for (const { shown } of live.chosen(indices))
      for (const question of this.questionsOf(live, shown.index, known)) {
        if (!question || keys.has(question.key)) continue
        const asked = this.askedOf(known, question.key)
        if (asked && !hasFailed(asked)) continue
        keys.add(question.key)
        this.ask(live, question)
      }
    return keys.size
  }

  /** Those of its own that wait or run; what a person asked goes on, although it answers the study too. */
  cancel(live: LiveStudy): void {
    const { asked } = this.knownOf(live)
    for (const id of asked.values()) {
      const one = this.options.analyses.find(id)
      if (one && one.study === live.record.id && !hasEnded(one)) this.options.analyses.cancel(id)
    }
  }

  /** Of each cell, in the order of the definition. */
  list(live: LiveStudy): CellAnalysis[] {
    const known = this.knownOf(live)
    return live.list().flatMap(({ index }) =>
      this.questionsOf(live, index, known).map((question, analysis): CellAnalysis => {
        const asked = question ? this.askedOf(known, question.key) : undefined
        return {
          cell: index,
          analysis,
          runId: asked?.runId ?? question?.runId ?? null,
          asked: asked ? briefly(asked) : null,
          error: asked?.error ?? (question ? (known.refused.get(question.key) ?? null) : null),
        }
      }),
    )
  }

  private askedOf({ asked }: Known, key: string): AskedAnalysis | undefined {
    const id = asked.get(key)
    return id === undefined ? undefined : this.options.analyses.find(id)
  }

  private ask(live: LiveStudy, { wanted, runId, stageId, key }: Question): void {
    const known = this.knownOf(live)
    try {
      const { id: analysis, params } = wanted
      const { id } = this.options.analyses.start({
        runId,
        analysis,
        params,
        stageIds: [stageId],
        study: live.record.id,
      })
      known.asked.set(key, id)
      known.refused.delete(key)
    } catch (error) {
      known.refused.set(key, toCauses(error))
    }
  }

  /** By the place of the analysis in the definition; null while the cell is not done. */
  private questionsOf(live: LiveStudy, index: number, { wanted }: Known): (Question | null)[] {
    if (wanted.length === 0) return []
    const runId = live.cell(index)?.shown.runId ?? null
    const run = runId === null ? null : this.options.shelf.runOf(runId)
    return wanted.map((one) => (run?.state === 'done' ? questionOf(one, run) : null))
  }

  private knownOf(live: LiveStudy): Known {
    const there = this.known.get(live)
    if (there) return there
    const wanted = wantedAnalyses(live.record.definition, this.options.table)
    const known: Known = { wanted, asked: new Map(), refused: new Map() }
    this.known.set(live, known)
    for (const { index } of live.list())
      for (const question of this.questionsOf(live, index, known)) {
        if (question) this.noteFound(live, question)
      }
    return known
  }

  /** What the study or somebody else asked already is not asked again. */
  private noteFound(live: LiveStudy, question: Question): void {
    const { asked } = this.knownOf(live)
    if (asked.has(question.key)) return
    const { runId, stageId } = question
    const own = ({ study }: AskedAnalysis): boolean => study === live.record.id
    const found = this.options.analyses
      .ofModel(runId, stageId)
      .find((one) => answers(one, question) && (own(one) || !hasFailed(one)))
    if (found) asked.set(question.key, found.id)
  }
}

function questionOf(wanted: WantedAnalysis, run: RunSummary): Question | null {
  const stage = run.stages.find(({ kind }) => kind === wanted.of)
  if (!stage) return null
  const model = stage.key ?? `${run.id}/${stage.id}`
  const { id, params } = wanted
  return { wanted, runId: run.id, stageId: stage.id, key: JSON.stringify([model, id, params]) }
}

const hasFailed = ({ state }: AskedAnalysis): boolean => ['failed', 'cancelled', 'interrupted'].includes(state)

const answers = (asked: AskedAnalysis, { wanted }: Question): boolean =>
  asked.analysis === wanted.id && JSON.stringify(asked.params) === JSON.stringify(wanted.params)

const briefly = ({ id, state, line, numbers, progress }: AskedAnalysis): NonNullable<CellAnalysis['asked']> => ({
  ...{ id, state, line, progress },
  ...(numbers === undefined ? {} : { numbers }),
})

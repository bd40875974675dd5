/** Writes what is known of runs, stages and models into the index: only what differs from what is there. */
import { createHash } from 'node:crypto'
import {
  countsInMeans,
  defenseEffectiveness,
  robustnessImprovement,
  type Evaluation,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import type { JsonScalar } from '../../../../shared/schema'
import type { Database, Row, SqlValue } from '../store'
import type { MemberTable } from '../experiments/memberTable'
import { analysisPath, curvePath } from './columns'
import { FactWriter, type FactListener } from './factWriter'
import {
  factsOfModel,
  factsOfRun,
  factsOfStage,
  isUndefended,
  runPaths,
  stagePaths,
  stampOf,
  wordsOfModel,
  wordsOfRun,
} from './facts'
import { runIsGone } from './leftovers'
import { modelKinds, shelves } from './schema'
import { factsOfConfiguration, factsOfDefenses, factsOfSummary, runParts, type Facts } from './settings'
import { placeOfStage, type TableSource } from './source'
import type { Texts } from './texts'

export interface WriterOptions {
  readonly database: Database
  readonly source: TableSource
  readonly table: MemberTable
  readonly texts: Texts
  readonly onFact: FactListener
  /** Rows of runs, models and places as they are written, and as they go. */
  readonly onRow: {
    heard(table: string, fields: Fields): void
    removed(table: string, number: number, run?: number): void
  }
}

/** A row of a table of the index, by column. */
type Fields = Readonly<Record<string, SqlValue>>

interface ShownModel {
  readonly model: number
  readonly place: number
  readonly teacher: number
  readonly defenses: number
}

export class IndexWriter {
  readonly facts: FactWriter
  private readonly pairs = new Set<string>()
  private readonly partNumbers = new Map<string, number>()
  private nextSubject: number

  constructor(private readonly options: WriterOptions) {
    const { database, texts, onFact } = options
    this.facts = new FactWriter(database, texts, onFact)
    const numbers = ['runs', 'places', 'models', 'parts'].map(
      (name) => `SELECT max(number) AS number FROM index_${name}`,
    )
    const last = database.get(`SELECT max(number) AS number FROM (${numbers.join(' UNION ALL ')})`)
    this.nextSubject = Number(last?.number ?? 0) + 1
  }

  /** A run's record, and of one that is new its configuration. */
  writeRun(runId: string): void {
    const { source, table, texts, database } = this.options
    const run = source.run(runId)
    const known = database.get('SELECT * FROM index_runs WHERE id = ?', runId)
    const number = known ? Number(known.number) : this.nextSubject++
    const settings = known ? null : this.writeSettings(number, run)
    const shown = this.writeModels(number, run, settings?.defenses ?? null)
    const parts = settings?.parts ?? Object.fromEntries(runParts.map((part) => [part, Number(known?.[part] ?? 0)]))
    this.put('index_runs', known, {
      number,
      id: runId,
      created: run.createdAt,
      shelf: shelfOf(run),
      words: texts.words(wordsOfRun(run, table)),
      ...shown,
      ...parts,
    })
    this.facts.write(number, factsOfRun(run), known ? runPaths : [])
  }

  /** A stage's progress. Returns whether it changed in more than how far it is. */
  writePlace(place: string, stage: StageRecord): boolean {
    const { number, changed } = this.place(place, stage)
    this.facts.write(number, this.stageFacts(place, stage), this.placePaths())
    if (changed)
      for (const [pair] of this.options.database.columns(
        'SELECT DISTINCT pair FROM index_models WHERE place = ? AND pair IS NOT NULL',
        number,
      ))
        this.pairs.add(String(pair))
    return changed
  }

  removeRun(runId: string): void {
    const { database } = this.options
    const known = database.get('SELECT number FROM index_runs WHERE id = ?', runId)
    if (!known) return
    const number = Number(known.number)
    this.removeModels(number, [])
    this.facts.removeAll(number)
    this.removeRow('index_runs', number)
    runIsGone(database)
  }

  /** What was gathered, and twins, DER and RIR of the pairs that changed. */
  finish(): void {
    this.facts.flush()
    for (const pair of this.pairs) this.writePair(pair)
    this.pairs.clear()
    this.facts.flush()
  }

  /** Parts of the configuration, and the defenses of each student. */
  private writeSettings(
    number: number,
    run: Readonly<RunSummary>,
  ): { parts: Record<string, number>; defenses: (student: number) => number } {
    const { source, table } = this.options
    const config = source.config(run.id)
    const facts = config ? factsOfConfiguration(config, table) : factsOfSummary(run)
    this.facts.write(number, facts.run, [])
    const parts = Object.fromEntries(
      runParts.map((part) => [part, this.part(part, facts.parts.get(part) ?? new Map<string, JsonScalar>())]),
    )
    return {
      parts,
      defenses: (student) => {
        const plan = config?.students[student]
        return plan ? this.part('defenses', factsOfDefenses(plan, run.method, table)) : 0
      },
    }
  }

  /** The number of a part of a configuration, whichever runs have it; 0 of one that says nothing. */
  private part(name: string, facts: Facts): number {
    if (facts.size === 0) return 0
    const print = createHash('sha256')
      .update(JSON.stringify([name, ...facts]))
      .digest('base64url')
    const known = this.partNumbers.get(print)
    if (known !== undefined) return known
    const { database } = this.options
    const found = database.get('SELECT number FROM index_parts WHERE print = ?', print)
    const number = found ? Number(found.number) : this.nextSubject++
    this.partNumbers.set(print, number)
    if (found) return number
    database.run('INSERT INTO index_parts (number, print) VALUES (?, ?)', number, print)
    this.facts.write(number, facts, [])
    return number
  }

  /** @returns the model that stands for the run: its last student, or its teacher */
  private writeModels(
    runNumber: number,
    run: Readonly<RunSummary>,
    defensesOf: ((student: number) => number) | null,
  ): ShownModel {
    const stages = run.stages.filter(({ kind }) => kind !== 'data')
    let [teacher, shown]: [number, ShownModel] = [0, { model: 0, place: 0, teacher: 0, defenses: 0 }]
    for (const [position, stage] of stages.entries()) {
      const at = placeOfStage(run.id, stage)
      const { number: place, fresh, changed } = this.place(at, stage)
      if (stage.kind === 'teacher') teacher = place
      // How far it is comes by its place.
      if (fresh || changed) this.facts.write(place, this.stageFacts(at, stage), fresh ? [] : this.placePaths())
      const model = this.writeModel({ runNumber, run, stage, position, place, teacher, defensesOf })
      if (changed && model.pair !== null) this.pairs.add(model.pair)
      if (stage.kind === 'student' || shown.model === 0)
        shown = { model: model.number, place, teacher, defenses: model.defenses }
    }
    if (stages.length === 0) shown = { ...shown, model: this.writeNoModel(runNumber, run) }
    this.removeModels(runNumber, stages.length === 0 ? [''] : stages.map(({ id }) => id))
    return { ...shown, teacher }
  }

  private writeModel(entry: {
    runNumber: number
    run: Readonly<RunSummary>
    stage: StageRecord
    position: number
    place: number
    teacher: number
    defensesOf: ((student: number) => number) | null
  }): { number: number; pair: string | null; defenses: number } {
    const { database, texts, table } = this.options
    const { runNumber, run, stage, position, place, teacher, defensesOf } = entry
    const known = database.get('SELECT * FROM index_models WHERE run = ? AND stage = ?', runNumber, stage.id)
    const number = known ? Number(known.number) : this.nextSubject++
    const student = stage.kind === 'student'
    const pair = student ? pairOf(run, stage) : null
    const written = this.put('index_models', known, {
      number,
      run: runNumber,
      position,
      stage: stage.id,
      kind: student ? modelKinds.student : modelKinds.teacher,
      place,
      teacher,
      defenses: known ? Number(known.defenses) : student ? (defensesOf?.(stage.index) ?? 0) : 0,
      words: texts.words(wordsOfModel(stage, table)),
      condition: stage.condition?.number ?? -1,
      pair,
      undefended: isUndefended(stage) ? 1 : 0,
      twin: known ? (known.twin as SqlValue) : null,
    })
    if (!known) this.facts.write(number, factsOfModel(stage), [])
    if (written) for (const changed of [known?.pair, pair]) if (typeof changed === 'string') this.pairs.add(changed)
    return { number, pair, defenses: known ? Number(known.defenses) : student ? (defensesOf?.(stage.index) ?? 0) : 0 }
  }

  /** A damaged run has no stages; it is found all the same. */
  private writeNoModel(runNumber: number, run: Readonly<RunSummary>): number {
    const { database, texts } = this.options
    const known = database.get("SELECT * FROM index_models WHERE run = ? AND stage = ''", runNumber)
    const number = known ? Number(known.number) : this.nextSubject++
    this.put('index_models', known, {
      ...{ number, run: runNumber, position: 0, stage: '', kind: modelKinds.none, place: 0, teacher: 0, defenses: 0 },
      ...{ words: texts.words(run.id), condition: -1, pair: null, undefended: 0, twin: null },
    })
    return number
  }

  private removeModels(runNumber: number, kept: readonly string[]): void {
    const { database } = this.options
    for (const [number, stage, place, pair] of database.columns(
      'SELECT number, stage, place, pair FROM index_models WHERE run = ?',
      runNumber,
    )) {
      if (kept.includes(String(stage))) continue
      this.facts.removeAll(Number(number))
      this.removeRow('index_models', Number(number), runNumber)
      if (pair !== null) this.pairs.add(String(pair))
      if (database.get('SELECT number FROM index_models WHERE place = ? LIMIT 1', Number(place))) continue
      this.facts.removeAll(Number(place))
      this.removeRow('index_places', Number(place))
    }
  }

  private removeRow(table: string, number: number, run?: number): void {
    this.options.database.run(`DELETE FROM ${table} WHERE number = ?`, number)
    this.options.onRow.removed(table, number, run)
  }

  private place(place: string, stage: StageRecord): { number: number; fresh: boolean; changed: boolean } {
    const known = this.options.database.get('SELECT * FROM index_places WHERE place = ?', place)
    const number = known ? Number(known.number) : this.nextSubject++
    const counts = countsInMeans(stage) ? 1 : 0
    const changed = this.put('index_places', known, {
      ...{ number, place, key: stage.key ?? null, stamp: stampOf(stage), counts },
    })
    return { number, fresh: !known, changed }
  }

  /** Writes a row where it differs from the one that is there. */
  private put(table: string, known: Row | undefined, fields: Fields): boolean {
    const names = Object.keys(fields)
    if (known && names.every((name) => known[name] === fields[name])) return false
    const places = names.map(() => '?').join(', ')
    this.options.database.run(
      `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${places})`,
      ...Object.values(fields),
    )
    this.options.onRow.heard(table, fields)
    return true
  }

  private stageFacts(place: string, stage: StageRecord): Facts {
    const facts = factsOfStage(stage)
    for (const [name, value] of this.options.source.lastValues(place))
      if (Number.isFinite(value)) facts.set(curvePath(name), value)
    for (const { analysis, numbers } of this.options.source.analysed(place))
      for (const [name, value] of Object.entries(numbers)) {
        const path = analysisPath(analysis, name)
        if (value !== null && !facts.has(path)) facts.set(path, value)
      }
    return facts
  }

  private placePaths(): string[] {
    return [...stagePaths, ...this.facts.curves.map(curvePath), ...this.facts.analysed]
  }

  /** Students of a pair differ in their defenses alone: what those are worth shows beside the newest without one. */
  private writePair(pair: string): void {
    const { database } = this.options
    const models = database.columns(
      `SELECT m.number, m.undefended, m.twin, p.stamp, p.counts FROM index_models m
        JOIN index_runs r ON r.number = m.run JOIN index_places p ON p.number = m.place
        WHERE m.pair = ? AND r.shelf < ${shelves.bin} ORDER BY r.created DESC, r.id DESC, m.position`,
      pair,
    )
    const rates = models.map(([number, undefended, twin, stamp, counts]) => ({
      number: Number(number),
      undefended: undefended === 1,
      former: twin === null ? null : Number(twin),
      evaluation: doneEvaluation(String(stamp)),
      counts: counts === 1,
    }))
    const newest = rates.find(({ undefended, evaluation }) => undefended && evaluation !== null)
    for (const { number, undefended, former, evaluation, counts } of rates) {
      // Beside one that has learnt nothing there is nothing to compare.
      const twin = undefended || newest?.counts !== true ? undefined : newest
      if ((twin?.number ?? null) !== former)
        database.run('UPDATE index_models SET twin = ? WHERE number = ?', twin?.number ?? null, number)
      if (undefended) continue
      const facts: Facts = new Map<string, JsonScalar>()
      if (twin?.evaluation && evaluation && counts) {
        facts.set('der', defenseEffectiveness(twin.evaluation, evaluation))
        facts.set('rir', robustnessImprovement(twin.evaluation, evaluation))
      }
      this.facts.write(number, facts, ['der', 'rir'])
    }
  }
}

const shelfOf = (run: Readonly<RunSummary>): number =>
  run.deletedAt !== null ? shelves.bin : (run.archivedAt ?? null) !== null ? shelves.archived : shelves.shown

/** Of one seed; of records without a pair key within their run. */
const pairOf = ({ id, seed }: Readonly<RunSummary>, { pairKey, method }: StageRecord): string =>
  `${pairKey ?? `${id}/${method ?? ''}`} ${seed}`

function doneEvaluation(stamp: string): Evaluation | null {
  const [state, evaluation] = JSON.parse(stamp) as [string, Evaluation | null]
  return state === 'done' ? evaluation : null
}

/** Writes what is known of a run into the index: only what differs from what is there. */
import {
  defenseEffectiveness,
  robustnessImprovement,
  type Evaluation,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import type { JsonScalar } from '../../../../shared/schema'
import type { Database, SqlValue } from '../store'
import type { MemberTable } from '../experiments/memberTable'
import { curvePath } from './columns'
import { conditionOf } from './conditions'
import { countsInMeans, factsOfModel, factsOfRun, factsOfStage, stampOf, wordsOfModel, wordsOfRun } from './facts'
import { modelKinds, shelves } from './schema'
import { factsOfConfiguration, factsOfDefenses, type Facts } from './settings'
import { placeOfStage, type TableSource } from './source'
import type { Texts } from './texts'

/** Facts are written this many at a time: a statement costs more than a row. */
const rowsAtOnce = 32

export interface IndexWriter {
  /** A run's record, and of one that is new its configuration. */
  writeRun(runId: string): void
  /** A stage's progress; returns whether it changed in more than how far it is. */
  writePlace(place: string, stage: StageRecord): boolean
  /** Twins, DER and RIR of the pairs that changed since. */
  writePairs(): void
  removeRun(runId: string): void
  /** Paths by their number. */
  pathId(path: string): number | undefined
  readonly curves: readonly string[]
}

export interface WriterOptions {
  readonly database: Database
  readonly source: TableSource
  readonly table: MemberTable
  readonly texts: Texts
}

export function createIndexWriter(options: WriterOptions): IndexWriter {
  return new Writer(options)
}

interface WrittenModel {
  readonly number: number
  readonly pair: number | null
}

class Writer implements IndexWriter {
  private readonly paths = new Map<string, number>()
  private readonly pairs = new Set<number>()
  private nextSubject: number

  constructor(private readonly options: WriterOptions) {
    const { database } = options
    for (const [id, path] of database.columns('SELECT id, path FROM index_paths'))
      this.paths.set(String(path), Number(id))
    const last = database.get(
      `SELECT max((SELECT ifnull(max(number), 0) FROM index_runs), (SELECT ifnull(max(number), 0) FROM index_places),
        (SELECT ifnull(max(number), 0) FROM index_models)) AS number`,
    )
    this.nextSubject = Number(last?.number ?? 0) + 1
  }

  get curves(): string[] {
    const start = curvePath('')
    return [...this.paths.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length))
  }

  pathId(path: string): number | undefined {
    return this.paths.get(path)
  }

  writeRun(runId: string): void {
    const { database, source, table, texts } = this.options
    const run = source.run(runId)
    const known = database.get('SELECT number FROM index_runs WHERE id = ?', runId)
    const number = known ? Number(known.number) : this.nextSubject++
    const config = known ? null : source.config(runId)
    const models = this.writeModels(number, run, config)
    database.run(
      `INSERT OR REPLACE INTO index_runs (number, id, created, shelf, words, model, place, teacher)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      number,
      runId,
      run.createdAt,
      shelfOf(run),
      texts.id(wordsOfRun(run, table)),
      models.shown.number,
      models.shown.place,
      models.shown.teacher,
    )
    const facts = factsOfRun(run)
    this.writeFacts(number, facts, known ? volatileOf(facts, runPaths) : [])
    if (!known) this.writeFacts(number, config ? factsOfConfiguration(config, table) : factsOfSummary(run), [])
  }

  writePlace(place: string, stage: StageRecord): boolean {
    const { number, changed } = this.place(place, stage)
    this.writeFacts(number, this.stageFacts(place, stage), this.placePaths())
    if (changed)
      for (const [pair] of this.options.database.columns(
        'SELECT DISTINCT pair FROM index_models WHERE place = ? AND pair IS NOT NULL',
        number,
      ))
        this.pairs.add(Number(pair))
    return changed
  }

  removeRun(runId: string): void {
    const { database } = this.options
    const known = database.get('SELECT number FROM index_runs WHERE id = ?', runId)
    if (!known) return
    const number = Number(known.number)
    this.removeModels(number, [])
    this.removeFacts(number)
    database.run('DELETE FROM index_runs WHERE number = ?', number)
  }

  writePairs(): void {
    for (const pair of this.pairs) this.writePair(pair)
    this.pairs.clear()
  }

  private writeModels(
    runNumber: number,
    run: Readonly<RunSummary>,
    config: ReturnType<TableSource['config']>,
  ): { shown: { number: number; place: number; teacher: number } } {
    const { table } = this.options
    const stages = run.stages.filter(({ kind }) => kind !== 'data')
    let [teacherPlace, shown] = [0, { number: 0, place: 0 }]
    for (const [position, stage] of stages.entries()) {
      const at = placeOfStage(run.id, stage)
      const { number: place, fresh, changed } = this.place(at, stage)
      if (stage.kind === 'teacher') teacherPlace = place
      // How far it is comes by its place.
      if (fresh || changed) this.writeFacts(place, this.stageFacts(at, stage), fresh ? [] : this.placePaths())
      const model = this.writeModel({ runNumber, run, stage, position, place, teacherPlace })
      if (model.pair !== null && (changed || model.fresh)) this.pairs.add(model.pair)
      if (stage.kind === 'student' || shown.number === 0) shown = { number: model.number, place }
      const facts = factsOfModel(stage)
      if (stage.kind === 'student' && config)
        for (const [path, value] of factsOfDefenses(config, stage.index, table)) facts.set(path, value)
      else if (stage.kind === 'student' && model.fresh) facts.set('defenses', stage.defense ?? 'none')
      if (model.fresh) this.writeFacts(model.number, facts, [])
    }
    if (stages.length === 0) shown = { number: this.writeNoModel(runNumber, run), place: 0 }
    this.removeModels(runNumber, stages.length === 0 ? [''] : stages.map(({ id }) => id))
    return { shown: { ...shown, teacher: teacherPlace } }
  }

  private writeModel(entry: {
    runNumber: number
    run: Readonly<RunSummary>
    stage: StageRecord
    position: number
    place: number
    teacherPlace: number
  }): WrittenModel & { fresh: boolean } {
    const { database, texts, table } = this.options
    const { runNumber, run, stage, position, place, teacherPlace } = entry
    const known = database.get('SELECT number, pair FROM index_models WHERE run = ? AND stage = ?', runNumber, stage.id)
    const number = known ? Number(known.number) : this.nextSubject++
    const pair = stage.kind === 'student' ? texts.id(pairOf(run, stage)) : null
    if (known?.pair !== null && known?.pair !== undefined) this.pairs.add(Number(known.pair))
    database.run(
      `INSERT INTO index_models
        (number, run, position, stage, kind, place, teacher, words, condition, pair, undefended, twin)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
        ON CONFLICT (number) DO UPDATE SET position = excluded.position, place = excluded.place,
        teacher = excluded.teacher, words = excluded.words, condition = excluded.condition, pair = excluded.pair,
        undefended = excluded.undefended`,
      number,
      runNumber,
      position,
      stage.id,
      stage.kind === 'student' ? modelKinds.student : modelKinds.teacher,
      place,
      teacherPlace,
      texts.id(wordsOfModel(stage, table)),
      conditionOf(stage).number,
      pair,
      stage.kind === 'student' && (stage.defense ?? 'none') === 'none' ? 1 : 0,
    )
    return { number, pair, fresh: !known }
  }

  /** A damaged run has no stages; it is found all the same. */
  private writeNoModel(runNumber: number, run: Readonly<RunSummary>): number {
    const { database, texts } = this.options
    const known = database.get("SELECT number FROM index_models WHERE run = ? AND stage = ''", runNumber)
    if (known) return Number(known.number)
    const number = this.nextSubject++
    database.run(
      `INSERT INTO index_models (number, run, position, stage, kind, place, teacher, words, condition, pair, undefended, twin)
        VALUES (?, ?, 0, '', ?, 0, 0, ?, -1, NULL, 0, NULL)`,
      number,
      runNumber,
      modelKinds.none,
      texts.id(run.id),
    )
    return number
  }

  private removeModels(runNumber: number, kept: readonly string[]): void {
    const { database } = this.options
    for (const [number, stage, place, pair] of database.columns(
      'SELECT number, stage, place, pair FROM index_models WHERE run = ?',
      runNumber,
    )) {
      if (kept.includes(String(stage))) continue
      this.removeFacts(Number(number))
      database.run('DELETE FROM index_models WHERE number = ?', Number(number))
      if (pair !== null) this.pairs.add(Number(pair))
      if (database.get('SELECT number FROM index_models WHERE place = ? LIMIT 1', Number(place))) continue
      this.removeFacts(Number(place))
      database.run('DELETE FROM index_places WHERE number = ?', Number(place))
    }
  }

  private removeFacts(subject: number): void {
    for (const id of this.paths.values())
      this.options.database.run('DELETE FROM index_facts WHERE path = ? AND subject = ?', id, subject)
  }

  private place(place: string, stage: StageRecord): { number: number; fresh: boolean; changed: boolean } {
    const { database } = this.options
    const known = database.get('SELECT number, stamp FROM index_places WHERE place = ?', place)
    const stamp = stampOf(stage)
    if (known && known.stamp === stamp) return { number: Number(known.number), fresh: false, changed: false }
    const number = known ? Number(known.number) : this.nextSubject++
    database.run(
      'INSERT OR REPLACE INTO index_places (number, place, key, stamp, counts) VALUES (?, ?, ?, ?, ?)',
      number,
      place,
      stage.key ?? null,
      stamp,
      countsInMeans(stage) ? 1 : 0,
    )
    return { number, fresh: !known, changed: true }
  }

  private stageFacts(place: string, stage: StageRecord): Facts {
    const facts = factsOfStage(stage)
    for (const [name, value] of this.options.source.lastValues(place))
      if (Number.isFinite(value)) facts.set(curvePath(name), value)
    return facts
  }

  private placePaths(): string[] {
    return [...stagePaths, ...this.curves.map(curvePath)]
  }

  /** @param replaced paths whose facts may be there already, and go where they are not told again */
  private writeFacts(subject: number, facts: Facts, replaced: readonly string[]): void {
    const { database, texts } = this.options
    const there = this.factsAt(subject, replaced)
    const rows: SqlValue[] = []
    for (const [path, value] of facts) {
      if (value === null) continue
      const id = this.addPath(path)
      const [number, text] = typeof value === 'string' ? [null, texts.id(value)] : [Number(value), null]
      const known = there.get(id)
      there.delete(id)
      if (known && known.number === number && known.text === text) continue
      rows.push(id, subject, number, text)
    }
    this.insert(rows)
    for (const id of there.keys()) database.run('DELETE FROM index_facts WHERE path = ? AND subject = ?', id, subject)
  }

  private factsAt(
    subject: number,
    paths: readonly string[],
  ): Map<number, { number: number | null; text: number | null }> {
    const ids = paths.flatMap((path) => this.paths.get(path) ?? [])
    if (ids.length === 0) return new Map()
    // The list is long or short; one statement for all lists of up to so many.
    const rows = this.options.database.columns(
      'SELECT path, number, text FROM index_facts WHERE path IN (SELECT value FROM json_each(?)) AND subject = ?',
      JSON.stringify(ids),
      subject,
    )
    return new Map(
      rows.map(([path, number, text]) => [
        Number(path),
        { number: number === null ? null : Number(number), text: text === null ? null : Number(text) },
      ]),
    )
  }

  private insert(rows: readonly SqlValue[]): void {
    const { database } = this.options
    const start = 'INSERT OR REPLACE INTO index_facts (path, subject, number, text) VALUES '
    for (let from = 0; from < rows.length;) {
      const count = rows.length - from >= rowsAtOnce * 4 ? rowsAtOnce : 1
      const sql = start + Array.from({ length: count }, () => '(?, ?, ?, ?)').join(', ')
      database.run(sql, ...rows.slice(from, from + count * 4))
      from += count * 4
    }
  }

  private addPath(path: string): number {
    const known = this.paths.get(path)
    if (known !== undefined) return known
    const { database } = this.options
    database.run('INSERT INTO index_paths (path) VALUES (?)', path)
    const id = Number(database.get('SELECT id FROM index_paths WHERE path = ?', path)?.id)
    this.paths.set(path, id)
    return id
  }

  /** Students of a pair differ in their defenses alone: what those are worth shows beside the newest without one. */
  private writePair(pair: number): void {
    const { database } = this.options
    const models = database.columns(
      `SELECT m.number, m.undefended, p.stamp, p.counts FROM index_models m JOIN index_runs r ON r.number = m.run
        JOIN index_places p ON p.number = m.place WHERE m.pair = ? AND r.shelf < ? ORDER BY r.created DESC, m.number`,
      pair,
      shelves.bin,
    )
    const rates = models.map(([number, undefended, stamp, counts]) => ({
      number: Number(number),
      undefended: undefended === 1,
      evaluation: Number(counts) === 1 ? doneEvaluation(String(stamp)) : null,
    }))
    const twin = rates.find(({ undefended, evaluation }) => undefended && evaluation !== null)
    for (const { number, undefended, evaluation } of rates) {
      const own = undefended ? undefined : twin
      database.run(
        'UPDATE index_models SET twin = ? WHERE number = ? AND twin IS NOT ?',
        own?.number ?? null,
        number,
        own?.number ?? null,
      )
      const facts: Facts = new Map<string, JsonScalar>()
      if (own?.evaluation && evaluation) {
        facts.set('der', defenseEffectiveness(own.evaluation, evaluation))
        facts.set('rir', robustnessImprovement(own.evaluation, evaluation))
      }
      this.writeFacts(number, facts, ['der', 'rir'])
    }
  }
}

const shelfOf = (run: Readonly<RunSummary>): number =>
  run.deletedAt !== null ? shelves.bin : (run.archivedAt ?? null) !== null ? shelves.archived : shelves.shown

/** Of one seed; of records without a pair key within their run. */
const pairOf = ({ id, seed }: Readonly<RunSummary>, { pairKey, method }: StageRecord): string =>
  `pair ${pairKey ?? `${id}/${method ?? ''}`} ${seed}`

function doneEvaluation(stamp: string): Evaluation | null {
  const [state, evaluation] = JSON.parse(stamp) as [string, Evaluation | null]
  return state === 'done' ? evaluation : null
}

/** Where the configuration cannot be read: what the record repeats of it. */
const factsOfSummary = (run: Readonly<RunSummary>): Facts =>
  new Map<string, JsonScalar>([
    ['seed', run.seed],
    ['data', run.data],
    ['attack', run.attack],
    ['method', run.method],
    ['poisoning.target', run.target],
    ['poisoning.ratio', run.poisonRatio],
  ])

const stagePaths = [
  'model.state',
  'model.seconds',
  'step',
  'steps',
  'accuracy',
  'asr',
  'asrAll',
  'robustAccuracy',
  'topAnswer',
  'health',
]
const runPaths = [
  'run',
  'name',
  'note',
  'tags',
  'run.state',
  'created',
  'started',
  'ended',
  'run.seconds',
  'study',
  'executor',
  'preset',
  'device',
  'archived',
  'forked',
  'bytes',
  'priority',
  'error',
]
const volatileOf = (facts: Facts, paths: readonly string[]): string[] => [...new Set([...facts.keys(), ...paths])]

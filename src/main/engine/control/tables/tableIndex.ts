/** The index of runs and models: what is told of changes, and kept in step with them a few milliseconds at a time. */
import type { MetricDefinition, TableOf } from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'
import type { Database } from '../store'
import { ColumnMemory } from './columnMemory'
import { indexColumns, type IndexColumn } from './columns'
import { RowMemory } from './rowMemory'
import { removeLeftovers } from './leftovers'
import { dirtyKinds, prepareTables } from './schema'
import { placeOfStage, type TableSource } from './source'
import { createTexts, type Texts } from './texts'
import { IndexWriter } from './writer'

export interface TableIndexOptions {
  readonly database: Database
  readonly source: TableSource
  readonly table: MemberTable
  readonly metrics: Readonly<Record<string, MetricDefinition>>
  /** Told when rows have changed, at most twice a second. */
  readonly onChange: (revision: number) => void
  readonly onError: (error: unknown) => void
}

/** Control answers others after at most so many milliseconds of indexing. */
const sliceMilliseconds = 10
/** Changes are written together: so long after the first of them. Of those that only go on, later. */
const writeAfter = { changed: 500, progress: 5000 }
/** A question waits for what has changed, but not for ever: of thousands of new runs the rest comes by and by. */
const patience = 100
/** Clients are told of changes at most so often. */
const tellEvery = 500

export class TableIndex {
  readonly database: Database
  readonly memory: ColumnMemory
  readonly rows: RowMemory
  private texts: Texts
  private writer: IndexWriter
  private readonly dirtyRuns = new Set<string>()
  private readonly dirtyPlaces = new Set<string>()
  private timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null
  private filling: Promise<void> | null = null
  private closed = false
  private revision = 0
  private telling: NodeJS.Timeout | null = null
  private told = -Infinity
  private readonly columnsOf = new Map<TableOf, { recorded: number; columns: readonly IndexColumn[] }>()

  constructor(private readonly options: TableIndexOptions) {
    const { database, table } = options
    this.database = database
    prepareTables(database, fingerprintOf(table))
    this.memory = new ColumnMemory(database)
    this.rows = new RowMemory(database)
    this.texts = createTexts(database)
    this.writer = this.newWriter()
    // The newest first: their ids sort by time.
    for (const [kind, id] of database.columns('SELECT kind, id FROM index_dirty ORDER BY id DESC'))
      (kind === dirtyKinds.run ? this.dirtyRuns : this.dirtyPlaces).add(String(id))
    if (this.waiting > 0) this.writeWithin(writeAfter.changed)
  }

  /** Runs and stages that are still to be written. */
  get waiting(): number {
    return this.dirtyRuns.size + this.dirtyPlaces.size
  }

  runChanged(runId: string): void {
    this.dirtyRuns.add(runId)
    this.writeWithin(writeAfter.changed)
  }

  placeChanged(place: string): void {
    this.dirtyPlaces.add(place)
    this.writeWithin(writeAfter.progress)
  }

  /** Awaited before a question is answered. */
  async ready(): Promise<void> {
    const until = performance.now() + patience
    while (this.waiting > 0 && performance.now() < until && !this.closed) {
      this.writeSlice()
      if (this.waiting > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Everything, beside other work. */
  filled(): Promise<void> {
    this.filling ??= this.fill().finally(() => (this.filling = null))
    return this.filling
  }

  /** Everything at once: for a handful of runs. */
  writeNow(): void {
    while (this.waiting > 0) this.writeSlice()
  }

  columns(of: TableOf): readonly IndexColumn[] {
    const { curves, analysed } = this.writer.facts
    const recorded = curves.length + analysed.length
    const known = this.columnsOf.get(of)
    if (known?.recorded === recorded) return known.columns
    const { table, metrics } = this.options
    const columns = indexColumns(of, { table, metrics, curves, analysed })
    this.columnsOf.set(of, { recorded, columns })
    return columns
  }

  /** Of studies their names, which may change. */
  labelsOf({ id, labels }: IndexColumn): ReadonlyMap<string, readonly string[]> {
    if (id !== 'study') return labels
    return new Map(this.options.source.studies().map((study) => [study.id, [study.name]]))
  }

  pathId(path: string): number | undefined {
    return this.writer.facts.pathId(path)
  }

  textOf(id: number): string {
    return this.texts.read(id)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer?.handle)
    if (this.telling !== null) clearTimeout(this.telling)
  }

  private newWriter(): IndexWriter {
    const { database, source, table } = this.options
    return new IndexWriter({ database, source, table, texts: this.texts, onFact: this.memory.heard, onRow: this.rows })
  }

  private writeWithin(milliseconds: number): void {
    const at = performance.now() + milliseconds
    if (this.closed || (this.timer !== null && this.timer.at <= at)) return
    clearTimeout(this.timer?.handle)
    const handle = setTimeout(() => {
      this.timer = null
      void this.filled()
    }, milliseconds)
    handle.unref()
    this.timer = { handle, at }
  }

  private async fill(): Promise<void> {
    while (this.waiting > 0 && !this.closed) {
      this.writeSlice()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** As much as fits into a slice, in one transaction. What cannot be written is told and left out until it changes. */
  private writeSlice(): void {
    const until = performance.now() + sliceMilliseconds
    const [runs, places]: [string[], string[]] = [[], []]
    const taken = function* (from: ReadonlySet<string>, into: string[]): Iterable<string> {
      for (const id of from) {
        if (performance.now() > until && runs.length + places.length > 0) return
        into.push(id)
        yield id
      }
    }
    let forget = false
    try {
      this.database.transaction(() => {
        for (const place of taken(this.dirtyPlaces, places)) this.writePlace(place)
        for (const id of taken(this.dirtyRuns, runs)) this.writeRun(id)
        this.writer.finish()
        this.notDirty(dirtyKinds.run, runs)
        this.notDirty(dirtyKinds.place, places)
        forget = removeLeftovers(this.database)
      })
    } catch (error) {
      this.options.onError(error)
      forget = true
    }
    if (forget) this.startAgain()
    for (const id of runs) this.dirtyRuns.delete(id)
    for (const place of places) this.dirtyPlaces.delete(place)
    this.revision += 1
    this.tellSoon()
  }

  /** At once, and then as often as is useful. */
  private tellSoon(): void {
    if (this.telling !== null || this.closed) return
    const since = performance.now() - this.told
    this.telling = setTimeout(
      () => {
        this.telling = null
        this.told = performance.now()
        this.options.onChange(this.revision)
      },
      Math.max(0, tellEvery - since),
    )
    this.telling.unref()
  }

  private notDirty(kind: number, ids: readonly string[]): void {
    for (const id of ids) this.database.run('DELETE FROM index_dirty WHERE kind = ? AND id = ?', kind, id)
  }

  /** Numbers do not exist any more: of a transaction that was taken back, or of what nobody needed. */
  private startAgain(): void {
    this.memory.forget()
    this.rows.forget()
    this.texts = createTexts(this.database)
    this.writer = this.newWriter()
  }

  private writeRun(id: string): void {
    if (this.options.source.has(id)) this.writer.writeRun(id)
    else this.writer.removeRun(id)
  }

  private writePlace(place: string): void {
    const { source } = this.options
    const naming = source.naming(place)
    const [first] = naming
    const stage = first === undefined ? undefined : source.run(first).stages.find((entry) => isAt(first, entry, place))
    if (stage && stage.kind !== 'data') this.writer.writePlace(place, stage)
    // Runs count the time of what was trained for them.
    for (const id of naming)
      if (source.run(id).stages.some((entry) => isAt(id, entry, place) && !entry.origin)) this.dirtyRuns.add(id)
  }
}

const isAt = (runId: string, stage: { readonly id: string; readonly place?: string }, place: string): boolean =>
  placeOfStage(runId, stage) === place

/** Of what the catalogue says of its members, to see that it has changed. */
function fingerprintOf(table: MemberTable): string {
  const families = ['dataset', 'attack', 'architecture', 'distillation', 'defense'] as const
  const text = JSON.stringify(families.map((family) => table.family(family)))
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return `${text.length}-${hash >>> 0}`
}

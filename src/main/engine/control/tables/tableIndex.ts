/** The index of runs and models: what is told of changes, and kept in step with them a few milliseconds at a time. */
import type { MetricDefinition, TableOf } from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'
import type { Database } from '../store'
import { indexColumns, type IndexColumn } from './columns'
import { prepareTables } from './schema'
import { placeOfStage, type TableSource } from './source'
import { createTexts, type Texts } from './texts'
import { createIndexWriter, type IndexWriter } from './writer'

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
const sliceMilliseconds = 12
/** Changes are written together: so long after the first of them. */
const writeAfter = 500
/** A question waits for what has changed, but not for ever: of thousands of new runs the rest comes by and by. */
const patience = 400

export class TableIndex {
  readonly database: Database
  private texts: Texts
  private writer: IndexWriter
  private readonly dirtyRuns = new Set<string>()
  private readonly dirtyPlaces = new Set<string>()
  private timer: NodeJS.Timeout | null = null
  private working: Promise<void> | null = null
  private closed = false
  private revisionNumber = 0
  private readonly columnsOf = new Map<TableOf, { curves: number; columns: readonly IndexColumn[] }>()

  constructor(private readonly options: TableIndexOptions) {
    this.database = options.database
    const empty = prepareTables(options.database, fingerprintOf(options.table))
    this.texts = createTexts(options.database)
    this.writer = this.newWriter()
    if (empty) for (const id of options.source.runIds()) this.dirtyRuns.add(id)
    if (this.dirtyRuns.size > 0) this.writeSoon()
  }

  /** Raised with every change of the rows. */
  get revision(): number {
    return this.revisionNumber
  }

  /** Runs that are still to be written. */
  get waiting(): number {
    return this.dirtyRuns.size
  }

  runChanged(runId: string): void {
    this.dirtyRuns.add(runId)
    this.writeSoon()
  }

  placeChanged(place: string): void {
    this.dirtyPlaces.add(place)
    this.writeSoon()
  }

  /** Awaited before a question is answered. */
  async ready(): Promise<void> {
    const until = performance.now() + patience
    while (this.dirtyRuns.size + this.dirtyPlaces.size > 0 && performance.now() < until && !this.closed) {
      this.writeSlice()
      if (this.dirtyRuns.size + this.dirtyPlaces.size > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Everything at once: for a handful of runs. */
  writeNow(): void {
    while (this.dirtyRuns.size + this.dirtyPlaces.size > 0) this.writeSlice()
  }

  columns(of: TableOf): readonly IndexColumn[] {
    const { curves } = this.writer
    const known = this.columnsOf.get(of)
    if (known?.curves === curves.length) return known.columns
    const { table, metrics } = this.options
    const columns = indexColumns(of, { table, metrics, curves })
    this.columnsOf.set(of, { curves: curves.length, columns })
    return columns
  }

  pathId(path: string): number | undefined {
    return this.writer.pathId(path)
  }

  textOf(id: number): string {
    return this.texts.read(id)
  }

  close(): void {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
  }

  private newWriter(): IndexWriter {
    const { database, source, table } = this.options
    return createIndexWriter({ database, source, table, texts: this.texts })
  }

  private writeSoon(): void {
    if (this.timer !== null || this.closed) return
    this.timer = setTimeout(() => {
      this.timer = null
      this.working ??= this.writeAll().finally(() => (this.working = null))
    }, writeAfter)
    this.timer.unref()
  }

  private async writeAll(): Promise<void> {
    while (this.dirtyRuns.size + this.dirtyPlaces.size > 0 && !this.closed) {
      this.writeSlice()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** As much as fits into a slice, in one transaction. What cannot be written is told and left out until it changes. */
  private writeSlice(): void {
    const until = performance.now() + sliceMilliseconds
    const [runs, places] = [[...this.dirtyRuns], [...this.dirtyPlaces]]
    const [doneRuns, donePlaces]: [string[], string[]] = [[], []]
    try {
      this.database.transaction(() => {
        for (const place of places) {
          donePlaces.push(place)
          this.writePlace(place)
          if (performance.now() > until) break
        }
        for (const id of runs) {
          if (performance.now() > until) break
          doneRuns.push(id)
          this.writeRun(id)
        }
        this.writer.writePairs()
      })
    } catch (error) {
      this.options.onError(error)
      // Numbers that were handed out in a transaction that was taken back do not exist.
      this.texts = createTexts(this.database)
      this.writer = this.newWriter()
    }
    for (const id of doneRuns) this.dirtyRuns.delete(id)
    for (const place of donePlaces) this.dirtyPlaces.delete(place)
    this.revisionNumber += 1
    this.options.onChange(this.revisionNumber)
  }

  private writeRun(id: string): void {
    if (this.options.source.has(id)) this.writer.writeRun(id)
    else this.writer.removeRun(id)
  }

  private writePlace(place: string): void {
    const { source } = this.options
    const naming = source.naming(place)
    for (const id of naming) {
      const stage = source.run(id).stages.find((entry) => placeOfStage(id, entry) === place)
      if (!stage) continue
      if (stage.kind !== 'data') this.writer.writePlace(place, stage)
      break
    }
    // The run that it is trained for has spent the time.
    for (const id of naming) this.dirtyRuns.add(id)
  }
}

/** 53 bits of what the catalogue says of its members, to see that it has changed. */
function fingerprintOf(table: MemberTable): string {
  const families = ['dataset', 'attack', 'architecture', 'distillation', 'defense'] as const
  const text = JSON.stringify(families.map((family) => table.family(family)))
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return `${text.length}-${hash >>> 0}`
}

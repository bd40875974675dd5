/** Which models and runs there are, in memory and in step with what is written: what groups and planes run over. */
import type { TableOf } from '../../../../shared/domain'
import type { Database, SqlValue } from '../store'
import type { Level } from './columns'
import { modelKinds, shelves } from './schema'
import { runParts, type RunPart } from './settings'

type Fields = Readonly<Record<string, SqlValue>>

export interface RunRow extends Readonly<Record<RunPart, number>> {
  readonly number: number
  readonly id: string
  readonly created: number
  readonly shelf: number
  readonly model: number
  readonly place: number
  readonly teacher: number
  readonly defenses: number
}

export interface ModelRow {
  readonly number: number
  readonly run: number
  readonly position: number
  readonly stage: string
  readonly kind: number
  readonly place: number
  readonly teacher: number
  readonly defenses: number
  readonly condition: number
}

/** A row of a table: of runs alone, or a model of its run. */
export interface TableLine {
  /** Of a run its id, of a model `<run>/<stage>`. */
  readonly key: string
  readonly run: RunRow
  readonly model: ModelRow | null
}

export const keyOf = (runId: string, stageId: string | null): string =>
  stageId === null ? runId : `${runId}/${stageId}`

const runFields = ['number', 'id', 'created', 'shelf', 'model', 'place', 'teacher', 'defenses', ...runParts]
const modelFields = ['number', 'run', 'position', 'stage', 'kind', 'place', 'teacher', 'defenses', 'condition']
/** A few milliseconds of reading. */
const rowsAtOnce = 4000

export class RowMemory {
  private runs: Map<number, RunRow> | null = null
  private readonly models = new Map<number, Map<number, ModelRow>>()
  private readonly failing = new Set<number>()
  private order: RunRow[] | null = null
  /** Lists of lines as they were asked for, until a row changes. */
  private readonly made = new Map<string, readonly TableLine[]>()

  constructor(private readonly database: Database) {}

  /** Reads what there is, a few milliseconds at a time; awaited before lines are asked for. */
  async load(): Promise<void> {
    while (this.runs === null) {
      const runs = new Map<number, RunRow>()
      this.models.clear()
      this.failing.clear()
      this.loading = { changed: false }
      const { loading } = this
      await this.each('index_runs', runFields, (row) => runs.set(Number(row.number), row as unknown as RunRow))
      await this.each('index_models', modelFields, (row) => this.addModel(row as unknown as ModelRow))
      await this.each('index_places', ['number', 'counts'], (row) => this.setCounts(row))
      // What was written meanwhile may be missed in part: read again.
      if (!loading.changed) this.runs = runs
    }
  }
  private loading = { changed: false }

  /** Newest first; without the bin and, unless asked for, the archive. */
  lines(of: TableOf, archive: boolean): readonly TableLine[] {
    const key = `${of} ${archive}`
    const known = this.made.get(key)
    if (known) return known
    const lines = this.makeLines(of, archive)
    this.made.set(key, lines)
    return lines
  }

  private makeLines(of: TableOf, archive: boolean): TableLine[] {
    const last = archive ? shelves.archived : shelves.shown
    const runs = this.ordered().filter(({ shelf }) => shelf <= last)
    if (of === 'runs') return runs.map((run) => ({ key: run.id, run, model: null }))
    return runs.flatMap((run) =>
      [...(this.models.get(run.number)?.values() ?? [])]
        .filter(({ kind }) => kind > modelKinds.none)
        .sort((left, right) => left.position - right.position)
        .map((model) => ({ key: keyOf(run.id, model.stage), run, model })),
    )
  }

  /** Whether the results of the stage at a place enter means. */
  counts(place: number): boolean {
    return !this.failing.has(place)
  }

  /** A row was written. */
  heard(table: string, fields: Fields): void {
    this.loading.changed = true
    if (table !== 'index_places') this.made.clear()
    if (this.runs === null) return
    if (table === 'index_runs') {
      this.runs.set(Number(fields.number), fields as unknown as RunRow)
      this.order = null
    } else if (table === 'index_models') this.addModel(fields as unknown as ModelRow)
    else if (table === 'index_places') this.setCounts(fields)
  }

  /** @param run of a model its run */
  removed(table: string, number: number, run = 0): void {
    this.loading.changed = true
    this.made.clear()
    if (table === 'index_runs') {
      this.runs?.delete(number)
      this.models.delete(number)
      this.order = null
    } else if (table === 'index_models') this.models.get(run)?.delete(number)
  }

  forget(): void {
    this.loading.changed = true
    this.made.clear()
    this.runs = null
    this.order = null
  }

  private ordered(): readonly RunRow[] {
    this.order ??= [...(this.runs?.values() ?? [])].sort(
      (left, right) => right.created - left.created || (right.id < left.id ? -1 : 1),
    )
    return this.order
  }

  private addModel(model: ModelRow): void {
    const models = this.models.get(model.run)
    if (models) models.set(model.number, model)
    else this.models.set(model.run, new Map([[model.number, model]]))
  }

  private setCounts({ number, counts }: Fields): void {
    if (counts === 1) this.failing.delete(Number(number))
    else this.failing.add(Number(number))
  }

  private async each(table: string, fields: readonly string[], take: (row: Fields) => void): Promise<void> {
    for (let after = 0; ;) {
      const rows = this.database.columns(
        `SELECT ${fields.join(', ')} FROM ${table} WHERE number > ? ORDER BY number LIMIT ${rowsAtOnce}`,
        after,
      )
      for (const values of rows) {
        const row: Record<string, SqlValue> = {}
        for (const [at, name] of fields.entries()) row[name] = values[at] as SqlValue
        take(row)
      }
      if (rows.length < rowsAtOnce) return
      after = Number(rows.at(-1)?.[0])
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** What a fact of a level is said of, in a line. */
export function subjectOfLine({ run, model }: TableLine, level: Level): number {
  switch (level) {
    case 'run':
      return run.number
    case 'model':
      return model ? model.number : run.model
    case 'place':
    case 'teacher':
    case 'defenses':
      return (model ?? run)[level]
    default:
      return run[level]
  }
}

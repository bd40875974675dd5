/** Facts as they are written: gathered, and only where they differ from what is there. */
import type { Database, SqlValue } from '../store'
import { analysisPathStart, curvePath } from './columns'
import type { Facts } from './settings'
import type { Texts } from './texts'

/** A fact as it is kept: a number, or the number of a text. */
interface KeptFact {
  readonly number: number | null
  readonly text: number | null
}

/** Hears of every fact as it is written; null: it is gone. */
export type FactListener = (path: number, subject: number, fact: KeptFact | null) => void

/** Facts are written this many at a time: a statement costs more than a row. */
const rowsAtOnce = 40
const fields = 4

export class FactWriter {
  private readonly paths = new Map<string, number>()
  /** Which texts stand under which path. */
  private readonly values = new Set<string>()
  private rows: SqlValue[][] = []

  constructor(
    private readonly database: Database,
    private readonly texts: Texts,
    private readonly listener: FactListener,
  ) {
    for (const [id, path] of database.columns('SELECT id, path FROM index_paths'))
      this.paths.set(String(path), Number(id))
  }

  pathId(path: string): number | undefined {
    return this.paths.get(path)
  }

  /** Names of the metrics that some model has recorded. */
  get curves(): string[] {
    const start = curvePath('')
    return this.pathsFrom(start).map((path) => path.slice(start.length))
  }

  /** Paths of the numbers that some analysis has found. */
  get analysed(): string[] {
    return this.pathsFrom(analysisPathStart)
  }

  private pathsFrom(start: string): string[] {
    return [...this.paths.keys()].filter((path) => path.startsWith(start))
  }

  /** @param replaced paths whose facts may be there already, and go where they are not told again */
  write(subject: number, facts: Facts, replaced: readonly string[]): void {
    const there = this.factsAt(subject, replaced)
    for (const [path, value] of facts) {
      if (value === null) continue
      const id = this.addPath(path)
      const text = typeof value === 'string' ? this.texts.id(value) : null
      const number = typeof value === 'string' ? null : Number(value)
      const known = there.get(id)
      there.delete(id)
      if (known && known.number === number && known.text === text) continue
      if (text !== null) this.addValue(id, text)
      this.rows.push([id, subject, number, text])
      this.listener(id, subject, { number, text })
    }
    for (const id of there.keys()) this.remove(id, subject)
  }

  removeAll(subject: number): void {
    this.flush()
    for (const id of this.paths.values()) this.remove(id, subject)
  }

  /** Sorted, since neighbours are written together. */
  flush(): void {
    if (this.rows.length === 0) return
    const sorted = this.rows.sort(([path, subject], [other, another]) =>
      path === other ? Number(subject) - Number(another) : Number(path) - Number(other),
    )
    this.rows = []
    const start = 'INSERT OR REPLACE INTO index_facts (path, subject, number, text) VALUES '
    for (let from = 0; from < sorted.length;) {
      const count = sorted.length - from >= rowsAtOnce ? rowsAtOnce : 1
      const places = Array.from({ length: count }, () => `(${Array.from({ length: fields }, () => '?').join(', ')})`)
      this.database.run(start + places.join(', '), ...sorted.slice(from, from + count).flat())
      from += count
    }
  }

  private factsAt(subject: number, paths: readonly string[]): Map<number, KeptFact> {
    if (paths.length === 0) return new Map()
    this.flush()
    const ids = paths.flatMap((path) => this.paths.get(path) ?? [])
    const rows = this.database.columns(
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

  private remove(path: number, subject: number): void {
    this.database.run('DELETE FROM index_facts WHERE path = ? AND subject = ?', path, subject)
    this.listener(path, subject, null)
  }

  private addPath(path: string): number {
    const known = this.paths.get(path)
    if (known !== undefined) return known
    const id = Number(this.database.get('INSERT INTO index_paths (path) VALUES (?) RETURNING id', path)?.id)
    this.paths.set(path, id)
    return id
  }

  private addValue(path: number, text: number): void {
    const key = `${path} ${text}`
    if (this.values.has(key)) return
    this.database.run('INSERT OR IGNORE INTO index_values (path, text) VALUES (?, ?)', path, text)
    this.values.add(key)
  }
}

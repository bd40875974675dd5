/** Metric series: buffered, written in transactions, read whole or as the minimum and maximum per bucket. */
import type { MetricPoint, MetricSeries } from '../../../../shared/domain'
import type { Database } from './database'
import { joinSeries } from './metricNames'

export interface MetricsTable {
  /** Written with the next `flush`; a point at a step that exists replaces it. */
  append(place: string, points: readonly MetricPoint[]): void
  /** Writes what is buffered in one transaction, with what belongs to it. A failure keeps the buffer. */
  flush(alongside?: () => void): void
  /** Forgets the points of a stage from a step on (a resumed stage records them again). */
  truncate(place: string, fromStep: number): void
  read(
    place: string,
    options?: {
      names?: readonly string[]
      maximumPoints?: number
      afterStep?: number
      /** The same for single metrics. */
      after?: ReadonlyMap<string, number> | undefined
    },
  ): Promise<Record<string, MetricSeries>>
  /** The stage is gone, and its rows with it. */
  forget(place: string): void
  /** The last step of each metric of a stage. */
  lastSteps(place: string): Map<string, number>
  /** The last value of each metric of a stage that is written; NaN where it is no number. */
  last(place: string): Map<string, number>
}

interface Buffered {
  place: string
  point: MetricPoint
}

/** @param names today's name of a metric by a former one, for what could not be renamed: a workspace open read-only */
export function createMetricsTable(database: Database, names: ReadonlyMap<string, string> = new Map()): MetricsTable {
  const today = (name: string): string => names.get(name) ?? name
  const series = createSeriesIds(database)
  let buffer: Buffered[] = []

  const flush = (alongside?: () => void): void => {
    if (buffer.length === 0 && !alongside) return
    try {
      database.transaction(() => {
        for (const { place, point } of buffer) insertPoint(database, series.id(place, point.name), point)
        alongside?.()
      })
    } catch (error) {
      // Ids handed out in a transaction that was rolled back do not exist.
      series.forget()
      throw error
    }
    buffer = []
  }

  /** What cannot be written now is told by whoever flushes for the sake of writing: reading goes on without it. */
  const flushToRead = (): void => {
    try {
      flush()
    } catch {
      return
    }
  }

  return {
    append(place, points) {
      for (const point of points) buffer.push({ place, point })
    },
    flush,
    forget(place) {
      buffer = buffer.filter((entry) => entry.place !== place)
      series.forget(place)
    },
    truncate(place, fromStep) {
      buffer = buffer.filter((entry) => entry.place !== place || entry.point.step < fromStep)
      database.run(
        'DELETE FROM metrics WHERE step >= ? AND series_id IN (SELECT id FROM series WHERE place = ?)',
        fromStep,
        place,
      )
    },
    async read(place, options = {}) {
      flushToRead()
      const result: Record<string, MetricSeries> = {}
      const wanted = options.names && new Set(options.names.map(today))
      for (const row of database.all('SELECT id, name FROM series WHERE place = ? ORDER BY id', place)) {
        const name = today(String(row.name))
        if (wanted && !wanted.has(name)) continue
        const found = await readSeries(database, Number(row.id), options.after?.get(name) ?? options.afterStep ?? -1)
        if (found.steps.length > 0) result[name] = result[name] ? joinSeries(result[name], found) : found
      }
      const { maximumPoints } = options
      return maximumPoints === undefined
        ? result
        : Object.fromEntries(Object.entries(result).map(([name, series]) => [name, downsample(series, maximumPoints)]))
    },
    lastSteps(place) {
      flushToRead()
      const rows = database.columns(
        'SELECT name, (SELECT MAX(step) FROM metrics WHERE series_id = series.id) FROM series WHERE place = ?',
        place,
      )
      return new Map(rows.flatMap(([name, step]) => (step === null ? [] : [[today(String(name)), Number(step)]])))
    },
    last: (place) =>
      new Map(
        database
          .columns(
            `SELECT name, (SELECT value FROM metrics WHERE series_id = series.id ORDER BY step DESC LIMIT 1)
              FROM series WHERE place = ?`,
            place,
          )
          .map(([name, value]) => [today(String(name)), value === null ? NaN : Number(value)]),
      ),
  }
}

/** SQLite has no NaN: it is stored as NULL and comes back as NaN. */
const insertPoint = (database: Database, id: number, { step, value }: MetricPoint): void =>
  void database.run(
    'INSERT OR REPLACE INTO metrics (series_id, step, value) VALUES (?, ?, ?)',
    id,
    step,
    Number.isNaN(value) ? null : value,
  )

/** The numbers that stand for a metric of a stage in the table of points. */
function createSeriesIds(database: Database): {
  id(place: string, name: string): number
  /** Of one stage, or of all. */
  forget(place?: string): void
} {
  const known = new Map<string, Map<string, number>>()
  return {
    id(place, name) {
      const ofPlace = known.get(place) ?? new Map<string, number>()
      const cached = ofPlace.get(name)
      if (cached !== undefined) return cached
      database.run('INSERT OR IGNORE INTO series (place, name) VALUES (?, ?)', place, name)
      const id = Number(database.get('SELECT id FROM series WHERE place = ? AND name = ?', place, name)?.id)
      known.set(place, ofPlace.set(name, id))
      return id
    },
    forget(place) {
      if (place === undefined) known.clear()
      else known.delete(place)
    },
  }
}

/** Rows per slice: a few milliseconds, after which other calls are answered. */
const sliceRows = 5000

async function readSeries(database: Database, id: number, afterStep: number): Promise<MetricSeries> {
  const steps: number[] = []
  const values: number[] = []
  for (let after = afterStep; ;) {
    const rows = database.columns(
      'SELECT step, value FROM metrics WHERE series_id = ? AND step > ? ORDER BY step LIMIT ?',
      id,
      after,
      sliceRows,
    )
    for (const [step, value] of rows) {
      steps.push(Number(step))
      values.push(value === null ? NaN : Number(value))
    }
    await new Promise((resolve) => setImmediate(resolve))
    after = steps.at(-1) ?? after
    if (rows.length < sliceRows) return { steps: Float64Array.from(steps), values: Float64Array.from(values) }
  }
}

/**
 * At most `maximumPoints` points: per bucket of equal point count the minimum and the maximum, in their order, so that
 * no spike is lost.
 * First and last point stay; NaN stays where a bucket has nothing else.
 */
export function downsample(series: MetricSeries, maximumPoints: number): MetricSeries {
  const { steps, values } = series
  const count = steps.length
  if (count <= maximumPoints) return series
  const buckets = Math.max(1, Math.floor((maximumPoints - 2) / 2))
  const kept: number[] = [0]
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (count - 2)) / buckets)
    const to = 1 + Math.floor(((bucket + 1) * (count - 2)) / buckets)
    let low = from
    let high = from
    for (let index = from; index < to; index++) {
      const value = values[index] ?? NaN
      if (value < (values[low] ?? NaN) || Number.isNaN(values[low])) low = index
      if (value > (values[high] ?? NaN) || Number.isNaN(values[high])) high = index
    }
    if (to > from) kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]))
  }
  kept.push(count - 1)
  return {
    steps: Float64Array.from(kept, (index) => steps[index] ?? NaN),
    values: Float64Array.from(kept, (index) => values[index] ?? NaN),
  }
}

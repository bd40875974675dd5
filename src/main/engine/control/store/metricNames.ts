/** Series that earlier versions recorded under other names. */
import type { MetricSeries } from '../../../../shared/domain'
import type { Database } from './database'

/**
 * Gives the series of earlier versions today's names; where a stage has both (an older version went on with its run),
 * the points are joined, and those recorded under today's name win. Done at each opening: there is no version after
 * which an older program could not write again.
 */
export function renameSeries(database: Database, names: ReadonlyMap<string, string>): void {
  const recorded = database.all('SELECT DISTINCT name FROM series').map((row) => String(row.name))
  const former = recorded.filter((name) => names.has(name))
  if (former.length === 0) return
  database.transaction(() => {
    for (const name of former) renameOne(database, name, names.get(name) ?? name)
  })
}

function renameOne(database: Database, former: string, name: string): void {
  for (const { id, place } of database.all('SELECT id, place FROM series WHERE name = ?', former)) {
    const other = database.get('SELECT id FROM series WHERE place = ? AND name = ?', String(place), name)
    if (!other) {
      database.run('UPDATE series SET name = ? WHERE id = ?', name, Number(id))
      continue
    }
    database.run('UPDATE OR IGNORE metrics SET series_id = ? WHERE series_id = ?', Number(other.id), Number(id))
    database.run('DELETE FROM series WHERE id = ?', Number(id))
  }
}

/** Both in ascending order of steps; of two points at one step the later series' counts. */
export function joinSeries(earlier: MetricSeries, later: MetricSeries): MetricSeries {
  const points = new Map<number, number>()
  for (const { steps, values } of [earlier, later])
    steps.forEach((step, index) => points.set(step, values[index] ?? NaN))
  const ascending = [...points].sort(([left], [right]) => left - right)
  return {
    steps: Float64Array.from(ascending, ([step]) => step),
    values: Float64Array.from(ascending, ([, value]) => value),
  }
}

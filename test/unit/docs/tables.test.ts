import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { isWords, type TableOf } from '../../../src/shared/domain'
import { createFakeEngine } from '../../fakes/engine'

const text = readFileSync(join(import.meta.dirname, '../../../docs/tables.md'), 'utf8')
const rows = text
  .slice(text.indexOf('## Examples'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.replaceAll('\\|', '\u0000').split('|').slice(1, -1))
  .map(([query = '', runs, models]) => ({
    query: query.trim().slice(1, -1).replaceAll('\u0000', '|'),
    runs: Number(runs),
    models: Number(models),
  }))

const engine = createFakeEngine({ finishedRuns: 12 })
const page = (of: TableOf, query: string) =>
  engine.call('table.rows', { of, query, columns: [], order: [], offset: 0, limit: 100 })

beforeAll(async () => {
  for (const runId of ['fake-1', 'fake-2']) await engine.call('runs.tag', { runId, tags: ['old'] })
  await engine.call('runs.note', { runId: 'fake-3', note: 'Look again.' })
  await engine.call('runs.edit', { runIds: ['fake-4'], archived: true })
})

describe('the examples of docs/tables.md', () => {
  it('are there', () => expect(rows.length).toBeGreaterThan(20))

  it.each(rows)('$query', async ({ query, runs, models }) => {
    const [ofRuns, ofModels] = [await page('runs', query), await page('models', query)]
    expect([...ofRuns.faults, ...ofModels.faults]).toEqual([])
    expect({ runs: ofRuns.matching, models: ofModels.matching }).toEqual({ runs, models })
  })

  it('name every word that may follow "is:"', () => {
    for (const word of Object.keys(isWords)) expect(text).toContain(`\`${word}\``)
  })
})

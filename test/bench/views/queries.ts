/**
 * What the index of runs and models costs by itself, in this process: filling it anew, the longest that control waits
 * meanwhile, opening it again, and typical questions. Milliseconds of CPU time, which other work on the machine changes
 * least; waits in milliseconds. Arguments: a workspace, whose index is made anew; how often. Prints one line of JSON.
 */
import { families, memberMetrics } from '../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { openStore, type RunStore } from '../../../src/main/engine/control/store'
import { createTableService, type TableService } from '../../../src/main/engine/control/tables'
import { metricDefinitions } from '../../../src/shared/domain'

const page = { offset: 0, limit: 100 }
const columns = ['name', 'state', 'created', 'attack', 'seed', 'poisoning.ratio', 'accuracy', 'asr', 'der', 'tags']
const typical = 'attack:blend accuracy>20% asr<60% -tag:old'
const questions = ({ calls }: TableService): Record<string, () => unknown> => ({
  'runs, newest': () => calls['table.rows']({ of: 'runs', query: '', columns, order: [], ...page }),
  'models, newest': () => calls['table.rows']({ of: 'models', query: '', columns, order: [], ...page }),
  'runs, typical query': () => calls['table.rows']({ of: 'runs', query: typical, columns, order: [], ...page }),
  'models, typical query': () => calls['table.rows']({ of: 'models', query: typical, columns, order: [], ...page }),
  'runs by words': () => calls['table.rows']({ of: 'runs', query: 'blend sv seed 1', columns, order: [], ...page }),
  'runs by a name': () => calls['table.rows']({ of: 'runs', query: 'name:12', columns, order: [], ...page }),
  'runs by a parameter': () =>
    calls['table.rows']({
      of: 'runs',
      query: 'seed:0..4',
      columns,
      order: [{ column: 'poisoning.ratio', descending: true }],
      ...page,
    }),
  'models by ASR': () =>
    calls['table.rows']({ of: 'models', query: '', columns, order: [{ column: 'asr', descending: true }], ...page }),
  'runs by name': () => calls['table.rows']({ of: 'runs', query: '', columns, order: [{ column: 'name' }], ...page }),
  'runs, last page': () => calls['table.rows']({ of: 'runs', query: '', columns, order: [], ...page, offset: 9900 }),
  'models in groups': () =>
    calls['table.groups']({
      of: 'models',
      query: '',
      by: ['attack', 'defenses'],
      measures: ['accuracy', 'asr', 'der'],
      order: [],
      ...page,
    }),
  'keys of all runs': () => calls['table.keys']({ of: 'runs', query: '', order: [] }),
  'keys of all models': () => calls['table.keys']({ of: 'models', query: '', order: [{ column: 'asr' }] }),
  'points of all models': () =>
    calls['table.values']({ of: 'models', query: '', columns: ['accuracy', 'asr', 'method'] }),
  'completion of a value': () => calls['table.complete']({ of: 'runs', query: 'attack:bl', cursor: 9 }),
  'pivot of all models': () => calls['table.pivot']({ query: '' }),
  columns: () => calls['table.columns']({ of: 'models' }),
})

/** Milliseconds of CPU time since the process began. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The longest that a timer came late while something went on. */
function watchTimer(): () => number {
  let [last, longest] = [performance.now(), 0]
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 1)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}

interface Figure {
  readonly cpu: number
  readonly wait?: number
}

/** An index that an earlier opening has made would leave nothing to measure. */
function forgetIndex({ database }: RunStore): void {
  if (database.get("SELECT 1 FROM sqlite_master WHERE name = 'index_about'")) database.run('DELETE FROM index_about')
}

async function main(workspace: string, times: number): Promise<void> {
  const began = cpu()
  const store = openStore(workspace)
  forgetIndex(store)
  const opened = cpu() - began
  const tables = createTableService({
    store,
    readOnly: false,
    table: memberTable(families),
    studies: () => [],
    metrics: { ...metricDefinitions, ...memberMetrics },
    onChange: () => undefined,
    onError: (error) => {
      throw error
    },
  })
  const result: Record<string, Figure> = {
    'starting the program': { cpu: began },
    'opening the store': { cpu: opened },
  }
  const [stop, filling] = [watchTimer(), cpu()]
  await tables.filled()
  result['making the index'] = { cpu: cpu() - filling, wait: stop() }
  const asked = questions(tables)
  for (const [title, ask] of Object.entries(asked)) {
    const took: number[] = []
    const watched = watchTimer()
    for (let time = 0; time < times; time++) {
      const started = cpu()
      await ask()
      took.push(cpu() - started)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    result[`${title}, first time`] = { cpu: took[0] ?? NaN }
    result[title] = { cpu: took.sort((left, right) => left - right)[times >> 1] ?? NaN, wait: watched() }
  }
  tables.close()
  store.close()
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

const [workspace, times] = process.argv.slice(2)
if (workspace === undefined) throw new Error('Wanted: a workspace.')
void main(workspace, Number(times ?? 7))

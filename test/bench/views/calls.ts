/**
 * How long the calls behind lists and tables take while a run trains on all cores. Arguments: a workspace, which the run
 * stays in; control's script; how often. Prints one line of JSON: milliseconds by call.
 */
import { createEngineStarter } from '../../../src/main/host'
import type { CallArgs, EngineApi, EngineCallName } from '../../../src/shared/contract'
import { medianOf } from '../../../src/shared/domain'

const page = { offset: 0, limit: 60 } as const
const models = { of: 'models', query: 'attack:blend accuracy>20% asr<60% -tag:old' } as const

const asked: readonly { [Name in EngineCallName]: readonly [string, Name, CallArgs<Name>] }[EngineCallName][] = [
  ['runs, newest', 'table.rows', { of: 'runs', query: '', columns: ['name', 'state'], order: [], ...page }],
  [
    'runs by a parameter',
    'table.rows',
    {
      of: 'runs',
      query: 'seed:0..4',
      columns: ['name', 'poisoning.ratio'],
      order: [{ column: 'poisoning.ratio', descending: true }],
      ...page,
    },
  ],
  [
    'models that match',
    'table.rows',
    { ...models, columns: ['accuracy', 'asr', 'seed'], order: [{ column: 'asr' }], ...page },
  ],
  [
    'models in groups',
    'table.groups',
    { ...models, by: ['attack', 'defenses'], measures: ['accuracy', 'asr'], order: [], ...page },
  ],
  ['keys of all models', 'table.keys', { of: 'models', query: '', order: [] }],
  ['points of all models', 'table.values', { of: 'models', query: '', columns: ['accuracy', 'asr'] }],
  ['completion', 'table.complete', { of: 'runs', query: 'attack:bl', cursor: 9 }],
  ['columns', 'table.columns', { of: 'models' }],
  ['studies', 'studies.list', {}],
]

async function untilItTrains(client: EngineApi, runId: string): Promise<void> {
  for (let look = 0; look < 600; look++) {
    const { stages } = await client.call('runs.get', { runId })
    if (stages.some(({ kind, state, step }) => kind === 'teacher' && state === 'running' && step > 0)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The run has not begun to train within a minute.')
}

async function main(workspace: string, script: string, times: number): Promise<void> {
  const engine = await createEngineStarter({
    workspace,
    script,
    node: { execPath: process.execPath, env: process.env },
  }).start()
  const { client } = engine
  try {
    const { presets } = await client.call('engine.catalogue', {})
    const preset = presets.find(({ id }) => id === 'quick')
    // Of a seed that nobody has trained: another run's stage would be taken, and nothing trained.
    const config = { ...preset?.config, seed: Math.floor(Date.now() / 1000) }
    const run = await client.call('runs.start', { config, preset: 'quick' })
    await untilItTrains(client, run.id)
    const took: Record<string, number[]> = {}
    for (let time = 0; time < times; time++)
      for (const [title, name, args] of asked) {
        const started = performance.now()
        await client.call(name, args as never)
        ;(took[title] ??= []).push(performance.now() - started)
      }
    await client.call('runs.stop', { runId: run.id })
    const summary = Object.fromEntries(
      Object.entries(took).map(([title, values]) => [title, { median: medianOf(values), most: Math.max(...values) }]),
    )
    process.stdout.write(`${JSON.stringify(summary)}\n`)
  } finally {
    await engine.dispose('shutdown')
  }
}

const [workspace, script, times] = process.argv.slice(2)
if (script === undefined || workspace === undefined) throw new Error('Wanted: a workspace and a script.')
void main(workspace, script, Number(times ?? 7))

/**
 * What studies cost control: 2,000 cells expanded and listed by the real engine, eight journals of some 50 steps a second
 * followed at once (trainers that compute nothing); and whether two small stages at once are faster than one after
 * another. Prints one line of JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngineStarter, type StartedEngine } from '../../src/main/host'
import { medianOf, type StudyDefinition } from '../../src/shared/domain'

const [realControl, fakeControl, fakeTrainer] = process.argv.slice(2)
const followedSeconds = 20
const journals = 8

/** Milliseconds of a call. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** The longest and the 95th percentile of answers to a small call, asked again and again while something goes on. */
function watchAnswers(engine: StartedEngine): { stop(): Promise<{ p95: number; longest: number }> } {
  const times: number[] = []
  let asking = true
  const asked = (async () => {
    while (asking) {
      times.push(await timed(() => engine.client.call('engine.settings', {})))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  return {
    async stop() {
      asking = false
      await asked
      times.sort((left, right) => left - right)
      return { p95: times[Math.floor(times.length * 0.95)] ?? NaN, longest: times.at(-1) ?? NaN }
    },
  }
}

async function withEngine<Result>(
  script: string,
  env: NodeJS.ProcessEnv,
  work: (engine: StartedEngine, workspace: string) => Promise<Result>,
): Promise<Result> {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-bench-studies-'))
  const node = { execPath: process.execPath, env: { ...process.env, ...env } }
  const engine = await createEngineStarter({ workspace, script, node }).start()
  try {
    return await work(engine, workspace)
  } finally {
    await engine.dispose('shutdown')
    rmSync(workspace, { recursive: true, force: true })
  }
}

const values = (all: readonly string[]): { label: string; value: unknown }[] =>
  all.map((id) => ({ label: id, value: { id } }))

async function expanding(): Promise<Record<string, number>> {
  return withEngine(realControl ?? '', {}, async ({ client, ...rest }) => {
    const engine = { client, ...rest } as StartedEngine
    const { families } = await client.call('engine.catalogue', {})
    const attacks = families.find(({ id }) => id === 'attack')?.members.slice(0, 10) ?? []
    const definition: StudyDefinition = {
      format: 1,
      name: 'Two thousand',
      note: '',
      base: { preset: 'quick' },
      axes: [
        { path: 'attack', values: values(attacks.map(({ id }) => id)) },
        {
          path: 'defenses',
          values: [
            { label: 'none', value: [] },
            { label: 'sv', value: [{ id: 'sv' }] },
            { label: 'sr', value: [{ id: 'sr' }] },
            { label: 'sv+sr', value: [{ id: 'sv' }, { id: 'sr' }] },
          ],
        },
        {
          path: 'seed',
          values: Array.from({ length: Math.ceil(500 / attacks.length) }, (_, seed) => ({
            label: String(seed),
            value: seed,
          })),
        },
      ],
      exclude: [],
      conditions: [],
      strategy: { id: 'grid', params: {} },
      order: 'seedsLast',
      executor: 'local',
      priority: 0,
    }
    const plan = await timed(() => client.call('studies.plan', { definition }))
    const answers = watchAnswers(engine)
    let studyId = ''
    const start = await timed(async () => {
      studyId = (await client.call('studies.start', { definition })).id
    })
    const { longest } = await answers.stop()
    const get = await timed(() => client.call('studies.get', { studyId }))
    const list = await timed(() => client.call('runs.list', {}))
    const cells = (await client.call('studies.get', { studyId })).list.length
    const cancel = await timed(() => client.call('studies.cancel', { studyId }))
    return { cells, plan, start, longestAnswer: longest, get, list, cancel }
  })
}

/** CPU seconds of a process. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function following(): Promise<Record<string, number>> {
  const env = { ABD_FAKE_TRAINER: fakeTrainer, ABD_FAKE_STEP_MS: '20' }
  return withEngine(fakeControl ?? '', env, async (engine, workspace) => {
    const { client } = engine
    await client.call('engine.setSettings', { slots: journals })
    const method = { id: 'zskt', params: { pseudoBatches: 100_000 } }
    const runs = await Promise.all(
      Array.from({ length: journals }, (_, seed) =>
        client.call('runs.start', {
          config: {
            seed,
            students: [{ defenses: [] }],
            distillation: { method },
            recording: { imagesEvery: 1_000_000 },
          },
        }),
      ),
    )
    const steps = async (): Promise<number[]> =>
      (await client.call('runs.list', {})).map((run) => run.stages[2]?.step ?? 0)
    while ((await steps()).some((step) => step < 20)) await new Promise((resolve) => setTimeout(resolve, 100))
    const { pid } = JSON.parse(readFileSync(join(workspace, 'engine.lock'), 'utf8')) as { pid: number }
    const [before, began, cpu] = [await steps(), performance.now(), cpuSeconds(pid)]
    await new Promise((resolve) => setTimeout(resolve, followedSeconds * 1000))
    const seconds = (performance.now() - began) / 1000
    const share = (cpuSeconds(pid) - cpu) / seconds
    const made = (await steps()).reduce((sum, step, index) => sum + step - (before[index] ?? 0), 0)
    const answers = watchAnswers(engine)
    await new Promise((resolve) => setTimeout(resolve, 5000))
    const { p95, longest } = await answers.stop()
    for (const { id } of runs) await client.call('runs.stop', { runId: id })
    return {
      journals,
      stepsPerSecond: made / seconds / journals,
      cpuShare: share,
      answerP95: p95,
      longestAnswer: longest,
    }
  })
}

const smallStages = {
  data: { id: 'signs', params: { trainImages: 500, testImages: 200 } },
  teacher: { architecture: { id: 'wrn', params: { depth: 10 } }, training: { epochs: 2 } },
  distillation: {
    architecture: { id: 'wrn', params: { depth: 10 } },
    method: { id: 'zskt', params: { pseudoBatches: 40, batchSize: 32 } },
  },
  students: [{ defenses: [] }],
}

/** Seconds that four small runs of the real trainer take, so many stages at once. */
const side = (slots: number): Promise<number> =>
  withEngine(realControl ?? '', {}, async ({ client }) => {
    await client.call('engine.setSettings', { slots })
    const started = performance.now()
    for (const seed of [0, 1, 2, 3]) await client.call('runs.start', { config: { ...smallStages, seed } })
    for (;;) {
      const states = (await client.call('runs.list', {})).map(({ state }) => state)
      if (states.includes('failed')) throw new Error('A run failed.')
      if (states.every((state) => state === 'done')) return (performance.now() - started) / 1000
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

/** One after another, and two at once with half the threads each, in turn. */
async function atOnce(): Promise<Record<string, number>> {
  const [one, two]: [number[], number[]] = [[], []]
  for (let round = 0; round < 3; round++) {
    one.push(await side(1))
    two.push(await side(2))
  }
  return { oneSlot: medianOf(one), twoSlots: medianOf(two) }
}

void (async () => {
  const result = { expanding: await expanding(), following: await following(), fourSmallRuns: await atOnce() }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exit(0)
})()

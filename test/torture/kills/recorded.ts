/** Everything that a workspace holds of a run, in a form that two of them can be compared in. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type RunStore } from '../../../src/main/engine/control/store'
import { listCheckpoints } from '../../../src/main/engine/protocol/checkpointFiles'
import { isSharedMetric, metricDefinitions } from '../../../src/shared/domain'

/** Metrics that measure the machine: told after certain steps, or (group "system") when it is time. */
const timed = ['elapsed', 'imagesPerSecond']
const isSampled = (name: string): boolean => isSharedMetric(name) && metricDefinitions[name].group === 'system'

/** By path: "student-1/series/loss" and so on. */
export type Recorded = ReadonlyMap<string, string>

export async function recordedOf(workspace: string, runId: string): Promise<Recorded> {
  const store = openStore(workspace)
  try {
    return new Map([...runFacts(store, runId), ...(await stageFacts(store, runId))])
  } finally {
    store.close()
  }
}

function runFacts(store: RunStore, runId: string): [string, string][] {
  const run = store.runs.summary(runId)
  const file = join(store.runFolder(runId), 'run.json')
  const copy = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as typeof run) : null
  const shown = ({ state, stages }: typeof run): string =>
    JSON.stringify([state, stages.map((stage) => [stage.id, stage.state, stage.step, stage.evaluation])])
  // A data stage that was killed tells them again.
  const findings = store
    .readLog(runId, 10_000)
    .flatMap(({ message }) => (message.includes('trigger:') ? [message] : []))
  return [
    ['state', run.state],
    ['error', JSON.stringify(run.error)],
    ['run.json as the store', String(copy !== null && shown(copy) === shown(run))],
    ['findings in the log', [...new Set(findings)].join()],
  ]
}

async function stageFacts(store: RunStore, runId: string): Promise<[string, string][]> {
  const facts: [string, string][] = []
  for (const { id, place = '', ...stage } of store.runs.summary(runId).stages) {
    const folder = store.stageFolder(place)
    const tell = (name: string, value: unknown): void => void facts.push([`${id}/${name}`, JSON.stringify(value)])
    const { state, step, totalSteps, evaluation, artifacts, warnings, health, findings } = stage
    tell('record', { state, step, totalSteps, evaluation, artifacts, warnings, health, findings })
    for (const [name, { steps, values }] of Object.entries(await store.metrics.read(place)))
      if (!isSampled(name)) tell(`series/${name}`, [[...steps], timed.includes(name) ? null : [...values].map(String)])
    for (const found of store.artifacts.read(place)) tell(`artifacts/${found.analysis}`, found)
    tell(
      'images',
      store.images.steps(place).map((at) => withoutPixels(store.images.gridOf(place, at))),
    )
    tell('pool', store.pool.summary(place))
    for (const kind of ['images', 'pool']) tell(`${kind} on disk`, filesIn(join(folder, kind)))
    tell(
      'checkpoints',
      listCheckpoints(folder).map((one) => one.step),
    )
    tell('weights', stage.weights === null ? null : hashOf(stage.weights))
  }
  return facts
}

const withoutPixels = ({ layout }: { layout: object }): object => ({ ...layout, pixels: undefined })

const hashOf = (file: string): string =>
  existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16) : 'missing'

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => `${name} ${hashOf(join(folder, name))}`)
    : []

/** What is not as it was wanted, a line each. */
export function differences(wanted: Recorded, got: Recorded): string[] {
  const names = [...new Set([...wanted.keys(), ...got.keys()])]
  return names.flatMap((name) => {
    const [one, other] = [wanted.get(name) ?? 'nothing', got.get(name) ?? 'nothing']
    return one === other ? [] : [`${name}: wanted ${shortened(one, other)}, got ${shortened(other, one)}`]
  })
}

/** From where two texts part. */
function shortened(text: string, other: string): string {
  let at = 0
  while (at < text.length && text[at] === other[at]) at += 1
  const from = Math.max(0, at - 30)
  return `${from > 0 ? '…' : ''}${text.slice(from, from + 160)}`
}

import { stagePrecision } from '../../../../../shared/domain'
import { text } from '../../../../../shared/schema'
import { drawFigure } from '../../../images/figures'
import { createYielding } from '../../../images/yielding'
import { folderOf } from '../names'
import { settingsOf } from '../settings'
import { figureTag, tagOf } from '../tags'
import { defineRunExporter, type ExportWork, type RunToExport, type StageToExport } from '../types'
import { createMlflowClient, MlflowRefusal, type MlflowClient } from './client'
import { cutSettings, metricValue, mostMetrics, mostParams, statusOf, type MlflowMetric } from './values'

const params = {
  experiment: text({
    label: 'Experiment',
    default: 'abd-workbench',
    maxLength: 200,
    help: 'The experiment of the server that the run goes into; it is made where it is not there.',
  }),
  token: text({
    label: 'Token',
    default: '',
    maxLength: 4000,
    help: 'Sent as bearer token where the server wants one. A user and password stand in the address instead: http://USER:PASSWORD@host:5000.',
  }),
}

export const mlflow = defineRunExporter({
  id: 'mlflow',
  title: 'MLflow',
  summary: 'A run of a tracking server with a nested run for each model: settings, curves, figures.',
  reference: {
    citation: 'MLflow REST API 2.0',
    link: 'https://mlflow.org/docs/latest/api_reference/rest-api.html',
  },
  params,
  target: { kind: 'address', example: 'http://127.0.0.1:5000' },
  opens: 'the address in a browser',
  async write(target, run, { experiment, token }, work) {
    const client = createMlflowClient(target, { token, signal: work.signal })
    const late = (): MlflowClient => createMlflowClient(target, { token, signal: AbortSignal.timeout(5000) })
    const experimentId = await experimentOf(client, experiment)
    const sending: Sending = { client, late, run, work, experimentId, remarks: new Set() }
    const parent = await sendRun(sending)
    return {
      where: `${client.address}/#/experiments/${experimentId}/runs/${parent}`,
      remarks: [...sending.remarks],
    }
  },
})

interface Sending {
  readonly client: MlflowClient
  /** For a last word after the work was cancelled. */
  late(): MlflowClient
  readonly run: RunToExport
  readonly work: ExportWork
  readonly experimentId: string
  readonly remarks: Set<string>
}

async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  try {
    const { experiment } = await client.get('experiments/get-by-name', { experiment_name: name })
    return String((experiment as { experiment_id?: unknown } | undefined)?.experiment_id)
  } catch (error) {
    if (!(error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST')) throw error
    const { experiment_id: id } = await client.post('experiments/create', { name })
    return String(id)
  }
}

/** @returns the server's id of the run that holds those of the models */
async function sendRun(sending: Sending): Promise<string> {
  const { run, work } = sending
  const { run: record, product } = run
  const models = run.stages.filter(({ record: { kind } }) => kind !== 'data')
  const parent = await begin(sending, {
    name: record.name,
    began: record.startedAt ?? record.createdAt,
    tags: { 'abd.run': record.id, 'abd.version': product.version, 'mlflow.note.content': record.note },
  })
  const done = (fraction: number, message: string): void => work.progress(fraction, message)
  await ending(sending, parent, async () => {
    for (const [index, stage] of models.entries())
      await sendModel(sending, stage, {
        parent: parent.id,
        told: (part) => done((index + part) / models.length, stage.name),
      })
  })
  await end(sending, parent, statusOf(record.state), record.endedAt ?? Date.now())
  return parent.id
}

interface Begun {
  readonly id: string
  /** Where the server takes artifacts itself; null where they go elsewhere. */
  readonly artifacts: string | null
}

interface Beginning {
  readonly name: string
  readonly began: number
  readonly tags: Readonly<Record<string, string>>
}

async function begin({ client, experimentId, remarks }: Sending, { name, began, tags }: Beginning): Promise<Begun> {
  const all = { ...tags, 'mlflow.source.name': 'ABD Workbench' }
  const answer = await client.post(
    'runs/create',
    {
      experiment_id: experimentId,
      run_name: name,
      start_time: Math.round(began),
      tags: Object.entries(all).map(([key, value]) => ({ key, value: value.slice(0, 5000) })),
    },
    'once',
  )
  const { run_id: id, artifact_uri: place } = (answer.run as { info: { run_id: string; artifact_uri?: string } }).info
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(place ?? '')?.[1]
  if (proxied === undefined)
    remarks.add(
      `The server keeps files at ${place ?? 'a place of its own'} and takes none itself: figures were not sent.`,
    )
  return { id, artifacts: proxied ?? null }
}

const end = ({ client }: Sending, { id }: Begun, status: string, time: number): Promise<unknown> =>
  client.post('runs/update', { run_id: id, status, end_time: Math.round(time) })

/** A run that could not be sent whole says so on the server. */
async function ending(sending: Sending, begun: Begun, send: () => Promise<void>): Promise<void> {
  try {
    await send()
  } catch (error) {
    // Cancelled or refused: a word to the server is tried once, whatever becomes of it.
    const status = sending.work.signal.aborted ? 'KILLED' : 'FAILED'
    await sending
      .late()
      .post('runs/update', { run_id: begun.id, status, end_time: Date.now() }, 'once')
      .catch(() => undefined)
    throw error
  }
}

interface ModelSending {
  readonly parent: string
  told(fraction: number): void
}

async function sendModel(sending: Sending, stage: StageToExport, { parent, told }: ModelSending): Promise<void> {
  const { client, run, remarks } = sending
  const clock = await stage.clock()
  const begun = await begin(sending, {
    name: stage.name,
    began: clock.at(0),
    tags: {
      'mlflow.parentRunId': parent,
      'abd.run': run.run.id,
      'abd.stage': stage.record.id,
      'abd.precision': stagePrecision(stage.record),
    },
  })
  await ending(sending, begun, async () => {
    const { settings, cut } = cutSettings(settingsOf(run, stage))
    for (const name of cut) remarks.add(`The value of ${name} is too long for MLflow and was cut.`)
    for (let at = 0; at < settings.length; at += mostParams)
      await client.post('runs/log-batch', { run_id: begun.id, params: settings.slice(at, at + mostParams) })
    await sendMetrics(sending, stage, { begun, told })
    await sendFigures(sending, stage, begun)
  })
  await end(sending, begun, statusOf(stage.record.state), clock.at(stage.record.step))
}

async function sendMetrics(
  { client, run, work }: Sending,
  stage: StageToExport,
  { begun, told }: { readonly begun: Begun; told(fraction: number): void },
): Promise<void> {
  const clock = await stage.clock()
  const yielding = createYielding(work.signal)
  const all = Object.entries(await stage.metrics())
  const total = all.reduce((sum, [, { steps }]) => sum + steps.length, 0)
  let sent = 0
  let batch: MlflowMetric[] = []
  const send = async (): Promise<void> => {
    if (batch.length > 0) await client.post('runs/log-batch', { run_id: begun.id, metrics: batch })
    sent += batch.length
    batch = []
    told(total === 0 ? 1 : sent / total)
  }
  for (const [metric, { steps, values }] of all) {
    const key = tagOf(metric, run.definitions[metric])
    for (let index = 0; index < steps.length; index++) {
      if (yielding.due()) await yielding.pause()
      const step = steps[index] ?? 0
      batch.push({ key, step, timestamp: Math.round(clock.at(step)), value: metricValue(values[index] ?? NaN) })
      if (batch.length === mostMetrics) await send()
    }
  }
  await send()
}

/** Figures, and the last kept images. */
async function sendFigures({ client }: Sending, stage: StageToExport, { artifacts }: Begun): Promise<void> {
  if (artifacts === null) return
  for (const figure of stage.figures()) {
    const { png } = await drawFigure(figure)
    await client.put(`${artifacts}/${figureTag(figure.analysis, figure.name)}.png`, png)
  }
  const last = stage.imageSteps().at(-1)
  const grid = last === undefined ? null : await stage.imageGrid(last).catch(() => null)
  if (grid) await client.put(`${artifacts}/images/${folderOf(stage)}-step-${last}.png`, grid.png)
}

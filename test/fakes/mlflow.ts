/** A tracking server as far as runs are sent to one: it checks what it is given, and can be made to fail. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SentRun {
  readonly name: string
  readonly tags: Record<string, string>
  readonly params: Record<string, string>
  readonly metrics: { key: string; value: number; step: number; timestamp: number }[]
  readonly files: Map<string, number>
  status: string
}

export interface FakeMlflow {
  readonly address: string
  readonly runs: Map<string, SentRun>
  readonly experiments: Map<string, string>
  /** Calls by path, with the number of things in each log-batch. */
  readonly calls: string[]
  /** Answers in place of the server's own, one after another. */
  readonly failures: { status: number; body: string; type?: string }[]
  /** The log-in it wants; null: none. */
  authorization: string | null
  artifactRoot: string
  /** Does not answer to calls that hold this text. */
  silentOn: string | null
  close(): Promise<void>
}

type Body = Record<string, unknown>

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export async function startFakeMlflow(): Promise<FakeMlflow> {
  const state: FakeMlflow = {
    address: '',
    runs: new Map(),
    experiments: new Map(),
    calls: [],
    failures: [],
    authorization: null,
    artifactRoot: 'mlflow-artifacts:/0',
    silentOn: null,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
  const server = createServer((request, response) => {
    void answer(state, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, { address: `http://127.0.0.1:${port}` })
}

async function answer(state: FakeMlflow, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://x')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const path = url.pathname.replace('/api/2.0/', '')
  state.calls.push(path)
  if (state.silentOn !== null && path.includes(state.silentOn)) return
  const failure = state.failures.shift()
  if (failure) return end(response, failure.status, failure.body, failure.type ?? 'text/html')
  try {
    if (state.authorization !== null && request.headers.authorization !== state.authorization)
      throw new Refusal(401, '401', 'You are not authenticated.')
    const put = /^mlflow-artifacts\/artifacts\/0\/([^/]+)\/artifacts\/(.+)$/.exec(path)
    const body = put
      ? {}
      : ((bytes.length > 0 ? JSON.parse(bytes.toString()) : Object.fromEntries(url.searchParams)) as Body)
    if (put) state.runs.get(put[1] ?? '')?.files.set(put[2] ?? '', bytes.length)
    end(response, 200, JSON.stringify(put ? {} : handle(state, path, body)))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    end(response, error.status, JSON.stringify({ error_code: error.code, message: error.message }))
  }
}

function end(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}

function handle(state: FakeMlflow, path: string, body: Body): unknown {
  switch (path) {
    case 'mlflow/experiments/get-by-name': {
      const id = state.experiments.get(String(body.experiment_name))
      if (id === undefined) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', 'No such experiment.')
      return { experiment: { experiment_id: id } }
    }
    case 'mlflow/experiments/create': {
      const id = String(state.experiments.size + 1)
      state.experiments.set(String(body.name), id)
      return { experiment_id: id }
    }
    case 'mlflow/runs/create':
      return { run: { info: createRun(state, body) } }
    case 'mlflow/runs/log-batch':
      return logBatch(runOf(state, body), body)
    case 'mlflow/runs/update':
      runOf(state, body).status = String(body.status)
      return {}
    default:
      throw new Refusal(404, 'ENDPOINT_NOT_FOUND', path)
  }
}

function createRun(state: FakeMlflow, body: Body) {
  const id = `run${state.runs.size}`
  const tags = Object.fromEntries((body.tags as { key: string; value: string }[]).map(({ key, value }) => [key, value]))
  state.runs.set(id, {
    name: String(body.run_name),
    tags,
    params: {},
    metrics: [],
    files: new Map(),
    status: 'RUNNING',
  })
  return { run_id: id, artifact_uri: `${state.artifactRoot}/${id}/artifacts` }
}

function runOf(state: FakeMlflow, { run_id: id }: Body): SentRun {
  const run = state.runs.get(String(id))
  if (!run) throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `Run ${String(id)} not found`)
  return run
}

function logBatch(run: SentRun, { params = [], metrics = [] }: Body): object {
  const [some, points] = [params as { key: string; value: string }[], metrics as Record<string, unknown>[]]
  if (some.length > 100) throw new Refusal(400, 'INVALID_PARAMETER_VALUE', 'more than 100 params')
  if (points.length > 1000) throw new Refusal(400, 'INVALID_PARAMETER_VALUE', 'more than 1000 metrics')
  for (const { key, value } of some) {
    if (value.length > 6000) throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `${key} is too long`)
    if (!/^[\w\-./ ]{1,250}$/.test(key)) throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `a name: ${key}`)
    run.params[key] = value
  }
  for (const { key, value, step, timestamp } of points) {
    if (typeof value !== 'number' && !['NaN', 'Infinity', '-Infinity'].includes(String(value)))
      throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `a value: ${String(value)}`)
    run.metrics.push({ key: String(key), value: Number(value), step: Number(step), timestamp: Number(timestamp) })
  }
  return {}
}

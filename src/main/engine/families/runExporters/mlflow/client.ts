/** MLflow's REST interface 2.0, as far as sending runs needs it. https://mlflow.org/docs/latest/api_reference/rest-api.html */
import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from '../../../../../shared/errors'

/** Milliseconds for one answer. */
const patience = 60_000
const pauses = [500, 1500, 4000]
/** The server or something before it is busy: the same question may be answered a little later. */
const busy = [429, 502, 503, 504]

export interface MlflowClient {
  /** Without user and password. */
  readonly address: string
  get(path: string, query: Readonly<Record<string, string>>): Promise<Answer>
  /** @param once do not ask again after a failure that may have come after the deed */
  post(path: string, body: object, once?: 'once'): Promise<Answer>
  /** Sends a file through the server's own artifact interface. */
  put(path: string, bytes: Uint8Array): Promise<void>
}

export type Answer = Readonly<Record<string, unknown>>

export class MlflowRefusal extends UserError {
  constructor(
    message: string,
    readonly code: string,
    details: ConstructorParameters<typeof UserError>[1],
  ) {
    super(message, details)
  }
}

interface Request {
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly body?: string | Uint8Array
  readonly once?: boolean
}

/**
 * @param address may name user and password, which are sent as the server's log-in
 * @param token sent as bearer, where it is not empty
 */
export function createMlflowClient(
  address: string,
  { token, signal }: { token: string; signal: AbortSignal },
): MlflowClient {
  const base = new URL(address)
  const { username, password } = base
  base.username = ''
  base.password = ''
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const authorization = token === '' ? (username === '' ? null : `Basic ${login}`) : `Bearer ${token}`
  const headers = { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) }
  const clean = base.href.replace(/\/+$/, '')
  const at = (path: string): URL => new URL(`${clean}/api/2.0/${path}`)
  const ask = (request: Request): Promise<Response> => askPatiently(request, { headers, signal, address: clean })
  const answer = async (request: Request): Promise<Answer> =>
    (await (await ask(request)).json().catch(() => ({}))) as Answer
  return {
    address: clean,
    get(path, query) {
      const url = at(`mlflow/${path}`)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      return answer({ url, method: 'GET' })
    },
    post: (path, body, once) =>
      answer({ url: at(`mlflow/${path}`), method: 'POST', body: JSON.stringify(body), once: once === 'once' }),
    async put(path, bytes) {
      await ask({ url: at(`mlflow-artifacts/artifacts/${path}`), method: 'PUT', body: bytes })
    },
  }
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly address: string
}

async function askPatiently(request: Request, asking: Asking): Promise<Response> {
  const { signal } = asking
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    const pause = pauses[attempt]
    const found = await askOnce(request, asking)
    if (found instanceof Response) {
      if (found.ok) return found
      if (pause === undefined || !busy.includes(found.status) || (request.once && found.status !== 429))
        throw await refusalOf(found, request, asking)
    } else if (pause === undefined || (request.once && !found.unreached)) throw unreachable(found, asking)
    await wait(pause, undefined, { signal })
  }
}

interface Unanswered {
  readonly error: unknown
  /** The server has not heard of it. */
  readonly unreached: boolean
}

async function askOnce({ url, method, body }: Request, { headers, signal }: Asking): Promise<Response | Unanswered> {
  try {
    const ending = AbortSignal.any([signal, AbortSignal.timeout(patience)])
    return await fetch(url, {
      method,
      headers,
      body: body as string | Uint8Array<ArrayBuffer> | undefined,
      signal: ending,
    })
  } catch (error) {
    signal.throwIfAborted()
    const cause = error instanceof Error ? error.cause : undefined
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    return { error, unreached: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(code) }
  }
}

function unreachable({ error }: Unanswered, { address }: Asking): MlflowRefusal {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return new MlflowRefusal('The MLflow server cannot be reached.', 'UNREACHABLE', {
    wanted: 'an answer of a tracking server',
    got: cause instanceof Error ? cause.message : String(cause),
    where: address,
    action: 'Check the address, and that the server runs: mlflow server --host 127.0.0.1 --port 5000.',
    cause: error,
  })
}

async function refusalOf(response: Response, { url }: Request, { address }: Asking): Promise<MlflowRefusal> {
  const text = await response.text().catch(() => '')
  const { error_code: code = String(response.status), message = '' } = parsed(text)
  const said = `${response.status} ${response.statusText}${message === '' ? '' : `: ${message.slice(0, 500)}`}`
  const details = { got: said, where: address }
  switch (response.status) {
    case 401:
    case 403:
      return new MlflowRefusal('The MLflow server refuses the log-in.', code, {
        ...details,
        wanted: 'a user and password, or a token, that may write',
        action: 'Name them: http://USER:PASSWORD@host:5000, or the parameter token.',
      })
    case 404:
      return code === '404'
        ? new MlflowRefusal('There is no MLflow server at this address.', code, {
            ...details,
            wanted: 'the address of a tracking server, without /api and without a page of it',
            action: 'Check the address.',
          })
        : new MlflowRefusal('The MLflow server does not know what is asked for.', code, details)
    default:
      return new MlflowRefusal(`The MLflow server refuses ${url.pathname.replace(/^.*\/mlflow\//, '')}.`, code, details)
  }
}

function parsed(text: string): { error_code?: string; message?: string } {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as { error_code?: string; message?: string }) : {}
  } catch {
    return {}
  }
}

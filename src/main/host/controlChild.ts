/** A control process as its starter holds it: spawned, spoken to, listened to, and killed when it hangs. */
import { spawn, type ChildProcess } from 'node:child_process'
import { ExhaustiveError, UserError, fromCauses } from '../../shared/errors'
import type { EngineEndpoint } from '../transports/webSocketChannel'
import type { ControlMessage, HostMessage } from './controlMessages'

export interface ControlChildOptions {
  workspace: string
  /** Built entry of control. */
  script: string
  /** Program and environment that run it. */
  node: { execPath: string; env: NodeJS.ProcessEnv }
  host?: string
  port?: number
  /** Also from an engine that has the workspace and does not answer; default: it is opened read-only then. */
  takeOver?: boolean
  /** Milliseconds; tests make them short. */
  heartbeat?: { interval: number; lostAfter: number }
  startTimeout?: number
}

/** How a start went well. */
export type ControlStart =
  | { kind: 'ready'; endpoint: EngineEndpoint; readOnly: boolean }
  /** Another engine has the workspace; this process ends. */
  | { kind: 'occupied'; endpoint: EngineEndpoint }

export interface ControlChild {
  /** Rejects with its own reason when it cannot start. */
  readonly started: Promise<ControlStart>
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  readonly alive: boolean
  send(message: HostMessage): void
  /** Lets it go on without this process. */
  letGo(): void
}

const usualHeartbeat = { interval: 5000, lostAfter: 60_000 }
const usualStartTimeout = 30_000
const keptWords = 4000

/** `earlier`: where the engine that this one replaces listened, so that browsers find it again with their token. */
export function spawnControl(options: ControlChildOptions, earlier: EngineEndpoint | null): ControlChild {
  const child = spawnProcess(options, earlier)
  const lastWords = collectWords(child)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(describeExit(code, signal)))
    child.once('error', (error) => resolve(error.message))
  })
  const send = (message: HostMessage): void => {
    if (child.connected) child.send(message, () => undefined)
  }
  const started = startOf(child, options, lastWords)
  started.then(
    ({ kind }) => {
      if (kind === 'ready') watch(child, options.heartbeat ?? usualHeartbeat, () => send({ type: 'ping' }))
    },
    () => undefined,
  )
  return {
    started,
    ended,
    get alive() {
      return child.pid !== undefined && child.exitCode === null && child.signalCode === null
    },
    send,
    letGo() {
      child.disconnect()
      child.unref()
    },
  }
}

function spawnProcess(
  { workspace, script, node, host, port: wantedPort, takeOver = false }: ControlChildOptions,
  earlier: EngineEndpoint | null,
): ChildProcess {
  const port = earlier?.port ?? wantedPort
  const parameters = [
    script,
    '--workspace',
    workspace,
    ...(host ? ['--host', host] : []),
    ...(port !== undefined ? ['--port', String(port)] : []),
    // What took the place of a killed engine has nobody to take anything from.
    ...(takeOver && !earlier ? ['--take-over'] : []),
  ]
  // Detached: Ctrl+C in a terminal is for the command, which decides what happens to the engine.
  return spawn(node.execPath, parameters, {
    env: earlier ? { ...node.env, ABD_CONTROL_TOKEN: earlier.token } : node.env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  })
}

/** The last of what the process writes to stderr. */
function collectWords(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-keptWords)
  })
  // The pipe must not keep a command alive that is done.
  ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
  return () => words.trim()
}

/** Settles with the first thing that decides the start: an answer, an end, or too long a silence. */
function startOf(
  child: ChildProcess,
  { node, startTimeout = usualStartTimeout }: ControlChildOptions,
  lastWords: () => string,
): Promise<ControlStart> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(
        new UserError('The engine did not start in time.', {
          got: lastWords() || 'no answer',
          action: 'Look into logs/engine.log in the workspace.',
        }),
      )
    }, startTimeout)
    const settle = (action: () => void): void => {
      clearTimeout(timer)
      action()
    }
    child.on('message', (message: ControlMessage) => {
      switch (message.type) {
        case 'ready':
          return settle(() => resolve({ kind: 'ready', endpoint: message.endpoint, readOnly: message.readOnly }))
        case 'occupied':
          return settle(() => resolve({ kind: 'occupied', endpoint: message.endpoint }))
        case 'failed':
          return settle(() => reject(fromCauses(message.causes)))
        case 'pong':
          return
        default:
          throw new ExhaustiveError(message)
      }
    })
    child.once('error', (error) =>
      settle(() =>
        reject(new UserError('The engine’s program cannot be run.', { where: node.execPath, cause: error })),
      ),
    )
    child.once('exit', (code, signal) =>
      settle(() => {
        const words = lastWords()
        reject(
          new UserError('The engine ended while starting.', {
            got: `${describeExit(code, signal)}${words ? `: ${words}` : ''}`,
            action: 'Run "npm run doctor"; the log in the workspace may say more.',
          }),
        )
      }),
    )
  })
}

/** Kills a process that leaves pings unanswered. */
function watch(
  child: ChildProcess,
  { interval, lostAfter }: { interval: number; lostAfter: number },
  ping: () => void,
): void {
  // Pings are counted, not time: after a suspend or Ctrl+Z the clock has jumped over a minute in which nobody asked.
  let missed = 0
  child.on('message', () => {
    missed = 0
  })
  const timer = setInterval(() => {
    if (missed * interval > lostAfter) return void child.kill('SIGKILL')
    missed += 1
    ping()
  }, interval)
  timer.unref()
  child.once('exit', () => clearInterval(timer))
}

const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal ? `ended by ${signal}` : `exit code ${code ?? 'unknown'}`

/**
 * Starts control (or finds the one that owns the workspace) and keeps it alive: heartbeat, restart cap, crash told from
 * request.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { UserError, fromCauses } from '../../shared/errors'
import { createEngineClient, type EngineClient, type FrameChannel } from '../../shared/rpc'
import { connectWebSocket, type EngineEndpoint } from '../transports/webSocketChannel'
import { findOwner } from '../transports/lockFile'
import { urlOf, type ControlMessage, type HostMessage } from './controlMessages'

export type ExitKind = 'asked' | 'crashed' | 'gaveUp'

export interface StartedEngine {
  readonly client: EngineClient
  /** A new channel to the engine, for a window; follows the engine over restarts. */
  connect(): Promise<FrameChannel>
  /** Address for a browser, with the token. */
  url(): string
  /** False when the engine belonged to somebody else already. */
  readonly owned: boolean
  readonly readOnly: boolean
  /** 'crashed': it is being started again. 'gaveUp': it crashed too often. */
  onExit(listener: (kind: ExitKind, reason: string) => void): void
  /**
   * Closes the client. 'shutdown' pauses a run and ends the engine; 'release' lets it go on until it is idle. Never
   * ends an engine of somebody else.
   */
  dispose(how: 'shutdown' | 'release'): Promise<void>
}

export interface EngineStarter {
  start(): Promise<StartedEngine>
}

export interface StarterOptions {
  workspace: string
  /** Built entry of control. */
  script: string
  /** Program and environment that run it. */
  node: { execPath: string; env: NodeJS.ProcessEnv }
  host?: string
  port?: number
  /** Milliseconds; tests make them short. */
  heartbeat?: { interval: number; lostAfter: number }
  startTimeout?: number
}

/** At most so many restarts within the window; then the user is told. */
const restartCap = { restarts: 3, windowMilliseconds: 5 * 60_000 }
const usualHeartbeat = { interval: 5000, lostAfter: 60_000 }
const usualStartTimeout = 30_000

/**
 * The starter for any Node: the command line, served mode, and Electron's main process (which names another execPath).
 */
export function createEngineStarter(options: StarterOptions): EngineStarter {
  return {
    async start() {
      const owner = await findOwner(options.workspace)
      const supervisor = new Supervisor(options)
      await (owner.state === 'reachable' ? Promise.resolve(supervisor.attach(owner.endpoint)) : supervisor.launch())
      return supervisor
    },
  }
}

class Supervisor implements StartedEngine {
  readonly client: EngineClient
  owned = false
  readOnly = false
  private endpoint: EngineEndpoint | null = null
  private child: ChildProcess | null = null
  private asked = false
  private readonly crashes: number[] = []
  private readonly listeners: ((kind: ExitKind, reason: string) => void)[] = []
  private restarting: Promise<void> | null = null

  constructor(private readonly options: StarterOptions) {
    this.client = createEngineClient(() => this.connect())
  }

  attach(endpoint: EngineEndpoint): void {
    this.endpoint = endpoint
    this.owned = false
  }

  async connect(): Promise<FrameChannel> {
    if (this.restarting) await this.restarting
    // The client begins at once, before the engine is found: it tries again.
    if (!this.endpoint) throw new Error('The engine is starting.')
    try {
      return await connectWebSocket(this.endpoint)
    } catch (error) {
      if (!this.owned && !this.asked) await this.findAgain()
      throw error
    }
  }

  url(): string {
    if (!this.endpoint) throw new Error('The engine has not started.')
    return urlOf(this.endpoint)
  }

  onExit(listener: (kind: ExitKind, reason: string) => void): void {
    this.listeners.push(listener)
  }

  async dispose(how: 'shutdown' | 'release'): Promise<void> {
    this.asked = true
    this.client.close()
    const { child } = this
    if (!this.owned || !child || child.exitCode !== null || child.signalCode !== null) return
    this.send({ type: how })
    if (how === 'release') {
      child.disconnect()
      child.unref()
      return
    }
    await new Promise<void>((resolve) => child.once('exit', () => resolve()))
  }

  /** Starts control and resolves when it answers; rejects with its own reason when it cannot start. */
  launch(): Promise<void> {
    const { workspace, script, node, host } = this.options
    // A restarted engine listens where it did, with the token it had: browsers find it again.
    const earlier = this.owned ? this.endpoint : null
    const port = earlier?.port ?? this.options.port
    const env = earlier ? { ...node.env, ABD_CONTROL_TOKEN: earlier.token } : node.env
    const parameters = [
      script,
      '--workspace',
      workspace,
      ...(host ? ['--host', host] : []),
      ...(port !== undefined ? ['--port', String(port)] : []),
    ]
    // Detached: Ctrl+C in a terminal is for the command, which decides what happens to the engine.
    const child = spawn(node.execPath, parameters, {
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    })
    this.child = child
    let words = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000)
    })
    // The pipe must not keep a command alive that is done.
    ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(
          new UserError('The engine did not start in time.', {
            got: words.trim() || 'no answer',
            action: 'Look into logs/engine.log in the workspace.',
          }),
        )
      }, this.options.startTimeout ?? usualStartTimeout)
      const settled = (): void => clearTimeout(timer)
      child.on('message', (message: ControlMessage) => {
        switch (message.type) {
          case 'ready':
            settled()
            this.endpoint = message.endpoint
            this.owned = true
            this.readOnly = message.readOnly
            this.watch(child)
            resolve()
            break
          case 'occupied':
            settled()
            this.child = null
            this.attach(message.endpoint)
            resolve()
            break
          case 'failed':
            settled()
            reject(fromCauses(message.causes))
            break
          case 'pong':
            break
        }
      })
      child.once('error', (error) => {
        settled()
        reject(new UserError('The engine’s program cannot be run.', { where: node.execPath, cause: error }))
      })
      child.once('exit', (code, signal) => {
        settled()
        const reason = signal ? `ended by ${signal}` : `exit code ${code ?? 'unknown'}`
        reject(
          new UserError('The engine ended while starting.', {
            got: `${reason}${words ? `: ${words.trim()}` : ''}`,
            action: 'Run "npm run doctor"; the log in the workspace may say more.',
          }),
        )
        if (this.child === child && this.owned) this.ended(reason)
      })
    })
  }

  private ended(reason: string): void {
    this.child = null
    if (this.asked) return this.tell('asked', reason)
    const now = Date.now()
    this.crashes.push(now)
    while ((this.crashes[0] ?? now) < now - restartCap.windowMilliseconds) this.crashes.shift()
    if (this.crashes.length > restartCap.restarts) {
      this.client.close()
      return this.tell('gaveUp', reason)
    }
    this.tell('crashed', reason)
    this.restarting = this.launch()
      .catch((error: unknown) => {
        this.client.close()
        this.tell('gaveUp', error instanceof Error ? error.message : String(error))
      })
      .finally(() => {
        this.restarting = null
      })
  }

  /** An engine of somebody else went away: another may have taken its place, or this process starts one. */
  private async findAgain(): Promise<void> {
    const owner = await findOwner(this.options.workspace)
    if (owner.state === 'reachable') this.attach(owner.endpoint)
    else if (owner.state === 'none') await this.launch().catch(() => undefined)
  }

  private watch(child: ChildProcess): void {
    const { interval, lostAfter } = this.options.heartbeat ?? usualHeartbeat
    // Pings are counted, not time: after a suspend or Ctrl+Z the clock has jumped over a minute in which nobody asked.
    let missed = 0
    child.on('message', () => {
      missed = 0
    })
    const timer = setInterval(() => {
      if (this.child !== child) return clearInterval(timer)
      if (missed * interval > lostAfter) return void child.kill('SIGKILL')
      missed += 1
      this.send({ type: 'ping' })
    }, interval)
    timer.unref()
    child.once('exit', () => clearInterval(timer))
  }

  private send(message: HostMessage): void {
    if (this.child?.connected) this.child.send(message, () => undefined)
  }

  private tell(kind: ExitKind, reason: string): void {
    for (const listener of this.listeners) listener(kind, reason)
  }
}

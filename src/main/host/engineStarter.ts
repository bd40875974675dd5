/**
 * Starts control (or finds the one that owns the workspace) and keeps it alive: heartbeat, restart cap, crash told from
 * request.
 */
import { createEngineClient, type EngineClient, type FrameChannel } from '../../shared/rpc'
import { connectWebSocket, type EngineEndpoint } from '../transports/webSocketChannel'
import { findOwner } from '../transports/lockFile'
import { pageAddress } from '../transports/pageToken'
import { spawnControl, type ControlChild, type ControlChildOptions } from './controlChild'

export type ExitKind = 'asked' | 'crashed' | 'gaveUp'

export interface StartedEngine {
  readonly client: EngineClient
  /** A new channel to the engine, for a window; follows the engine over restarts. */
  connect(): Promise<FrameChannel>
  /** Address for a browser, with a page's token. */
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

export type StarterOptions = ControlChildOptions

/** At most so many restarts within the window; then the user is told. */
const restartCap = { restarts: 3, windowMilliseconds: 5 * 60_000 }

/**
 * The starter for any Node: the command line, served mode, and Electron's main process (which names another execPath).
 */
export function createEngineStarter(options: StarterOptions): EngineStarter {
  return {
    async start() {
      const owner = await findOwner(options.workspace)
      const supervisor = new Supervisor(options)
      if (owner.state === 'reachable') supervisor.attach(owner.endpoint)
      else await supervisor.launch()
      return supervisor
    },
  }
}

class Supervisor implements StartedEngine {
  readonly client: EngineClient
  owned = false
  readOnly = false
  private endpoint: EngineEndpoint | null = null
  private child: ControlChild | null = null
  private asked = false
  private readonly mayRestart = restartCounter()
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
    return pageAddress(this.endpoint)
  }

  onExit(listener: (kind: ExitKind, reason: string) => void): void {
    this.listeners.push(listener)
  }

  async dispose(how: 'shutdown' | 'release'): Promise<void> {
    this.asked = true
    this.client.close()
    const { child } = this
    if (!this.owned || !child?.alive) return
    child.send({ type: how })
    if (how === 'release') child.letGo()
    else await child.ended
  }

  /** Starts control and resolves when it answers; rejects with its own reason when it cannot start. */
  async launch(): Promise<void> {
    const child = spawnControl(this.options, this.owned ? this.endpoint : null)
    this.child = child
    const start = await child.started
    if (start.kind === 'occupied') {
      this.child = null
      this.attach(start.endpoint)
      return
    }
    this.endpoint = start.endpoint
    this.owned = true
    this.readOnly = start.readOnly
    void child.ended.then((reason) => {
      if (this.child === child) this.ended(reason)
    })
  }

  private ended(reason: string): void {
    this.child = null
    if (this.asked) return this.tell('asked', reason)
    if (!this.mayRestart()) {
      this.client.close()
      return this.tell('gaveUp', reason)
    }
    this.tell('crashed', reason)
    this.restarting = this.launch()
      .catch((error: unknown) => {
        this.client.close()
        this.tell(this.asked ? 'asked' : 'gaveUp', error instanceof Error ? error.message : String(error))
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

  private tell(kind: ExitKind, reason: string): void {
    for (const listener of this.listeners) listener(kind, reason)
  }
}

/** Counts a crash at every call, and answers whether there may be another start. */
function restartCounter(): () => boolean {
  const crashes: number[] = []
  return () => {
    const now = performance.now()
    crashes.push(now)
    while ((crashes[0] ?? now) < now - restartCap.windowMilliseconds) crashes.shift()
    return crashes.length <= restartCap.restarts
  }
}

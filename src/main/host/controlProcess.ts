/** The life of a control process: lock, door, engine, and its end. What the engine is made of comes from the entry. */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Caller, EngineApi } from '../../shared/contract'
import { ExhaustiveError, UserError, toCauses } from '../../shared/errors'
import { createTurns, serveEngine, type FrameChannel } from '../../shared/rpc'
import { findOwner, lockPath, takeLock, type HeldLock, type Owner, type WorkspaceLock } from '../transports/lockFile'
import type { ControlMessage, HostMessage } from './controlMessages'
import { pageAddress } from '../transports/pageToken'
import { cacheFolder, workspaceFolder } from './paths'

export interface ControlledEngine extends EngineApi {
  readonly active: boolean
  /** The engine as that caller may use it; as it is, its owner's. */
  as(caller: Caller): EngineApi
  close(): Promise<void>
}

/** What clients come in by. */
export interface EngineDoor {
  readonly host: string
  readonly port: number
  /** Address to open in a browser, with a page's token. */
  readonly url: string
  readonly clients: number
  close(): Promise<void>
}

export interface DoorOptions {
  token: string
  host?: string | undefined
  /** 0: any free port. */
  port: number
  staticFolder: string
  onChannel(channel: FrameChannel, caller: Caller): void
}

export interface ControlDependencies {
  openDoor(options: DoorOptions): Promise<EngineDoor>
  version: string
  /** Folder of the built interface. */
  staticFolder: string
  createEngine(options: {
    workspace: string
    cacheFolder: string
    readOnly: boolean
    owner: string | null
    /** It takes the place of an engine that died a moment ago. */
    replaces: boolean
  }): Promise<ControlledEngine>
  onFault(name: string, error: unknown): void
}

/** Without a starter, the process ends this long after the last client left and the last run ended. */
const idleGrace = 300
const attempts = 5

const tell = (message: ControlMessage): Promise<void> =>
  new Promise((resolve) => {
    if (!process.send || !process.connected) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })

/** Runs to the end of the process; failures are told to the starter and end with 1. */
export async function runControlProcess(dependencies: ControlDependencies): Promise<void> {
  // Whatever this process and its trainers make is their owner's alone.
  process.umask(0o077)
  try {
    await new ControlProcess(dependencies).start()
  } catch (error) {
    await tell({ type: 'failed', causes: toCauses(error) })
    dependencies.onFault('start', error)
    process.exit(1)
  }
}

class ControlProcess {
  private engine: ControlledEngine | null = null
  private door: EngineDoor | null = null
  private lock: HeldLock | null = null
  private released = false
  private ending = false
  private idleSince: number | null = null

  constructor(private readonly dependencies: ControlDependencies) {}

  async start(): Promise<void> {
    const { values } = parseArgs({
      options: {
        workspace: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
      },
      strict: true,
    })
    const workspace = workspaceFolder(values.workspace)
    this.listenToStarter()
    makeWorkspace(workspace)
    for (let attempt = 0; attempt < attempts; attempt++) {
      const owner = await findOwner(workspace)
      if (owner.state === 'reachable') {
        await tell({ type: 'occupied', endpoint: owner.endpoint, url: pageAddress(owner.endpoint) })
        process.exit(0)
      }
      if (await this.open(workspace, owner, values)) return
    }
    throw new UserError('The workspace could not be taken over.', {
      where: workspace,
      action: 'Another ABD Workbench keeps starting there; wait a moment and try again.',
    })
  }

  /** False when another process was faster. */
  private async open(
    workspace: string,
    owner: Exclude<Owner, { state: 'reachable' }>,
    values: { host?: string; port?: string },
  ): Promise<boolean> {
    const earlier = takeToken()
    const token = earlier ?? randomBytes(32).toString('hex')
    const { door, deliver } = await this.openDoor(token, values)
    const endpoint = { host: reachableHost(door.host), port: door.port, token }
    if (owner.state === 'none') {
      const { version } = this.dependencies
      this.lock = takeLock(
        workspace,
        { ...endpoint, startedAt: Date.now(), version },
        { stale: owner.stale, onLost: () => this.lockLost(workspace) },
      )
      if (!this.lock) {
        await door.close()
        return false
      }
    }
    this.door = door
    this.engine = await this.openEngine(workspace, owner, earlier !== null)
    deliver(this.engine)
    setInterval(() => this.watchIdle(), 100).unref()
    await tell({ type: 'ready', endpoint, url: door.url, readOnly: owner.state === 'unreachable' })
    return true
  }

  /** Clients may come in before the engine is there; their frames wait for what is delivered. */
  private async openDoor(
    token: string,
    { host, port }: { host?: string; port?: string },
  ): Promise<{ door: EngineDoor; deliver: (engine: ControlledEngine) => void }> {
    const { openDoor, staticFolder, onFault } = this.dependencies
    let deliver: (engine: ControlledEngine) => void = () => undefined
    const ready = new Promise<ControlledEngine>((resolve) => {
      deliver = resolve
    })
    const turns = createTurns()
    const onChannel = (channel: FrameChannel, caller: Caller): void =>
      void ready.then((engine) => serveEngine(engine.as(caller), channel, { onFault, turns }))
    try {
      const door = await openDoor({ token, host, port: Number(port ?? 0), staticFolder, onChannel })
      return { door, deliver }
    } catch (error) {
      throw cannotListen(error, { host, port })
    }
  }

  private async openEngine(
    workspace: string,
    owner: Exclude<Owner, { state: 'reachable' }>,
    replaces: boolean,
  ): Promise<ControlledEngine> {
    try {
      return await this.dependencies.createEngine({
        workspace,
        cacheFolder: cacheFolder(),
        readOnly: owner.state === 'unreachable',
        replaces,
        owner: owner.state === 'unreachable' ? ownerWords(workspace, owner.lock) : null,
      })
    } catch (error) {
      this.lock?.release()
      throw error
    }
  }

  private listenToStarter(): void {
    process.on('message', (message: HostMessage) => {
      switch (message.type) {
        case 'ping':
          void tell({ type: 'pong' })
          break
        case 'shutdown':
          void this.shutdown()
          break
        case 'release':
          this.released = true
          break
        default:
          throw new ExhaustiveError(message)
      }
    })
    process.on('disconnect', () => {
      this.released = true
    })
    if (!process.connected) this.released = process.env.ABD_CONTROL_STAY !== '1'
    process.on('SIGTERM', () => void this.shutdown())
    process.on('SIGINT', () => void this.shutdown())
    process.on('SIGHUP', () => {
      this.released = true
    })
    process.on('uncaughtException', (error) => {
      this.dependencies.onFault('uncaught', error)
      this.lock?.release()
      process.exit(1)
    })
    process.on('unhandledRejection', (reason) => this.dependencies.onFault('unhandled', reason))
  }

  /** This machine slept so long that another one took the workspace over: two engines must not write there. */
  private lockLost(workspace: string): void {
    this.dependencies.onFault('lock', new Error(`Another engine has taken ${workspace} over.`))
    process.exit(1)
  }

  private watchIdle(): void {
    const busy = !this.released || this.engine?.active === true || (this.door?.clients ?? 0) > 0
    if (busy) this.idleSince = null
    else if (this.idleSince === null) this.idleSince = performance.now()
    else if (performance.now() - this.idleSince > idleGrace) void this.shutdown()
  }

  private async shutdown(): Promise<void> {
    if (this.ending) return
    this.ending = true
    try {
      await this.engine?.close()
      // Only now may another engine open the workspace; those still connected find it.
      this.lock?.release()
      await this.door?.close()
    } catch (error) {
      this.dependencies.onFault('shutdown', error)
      this.lock?.release()
    } finally {
      process.exit(0)
    }
  }
}

/** The token of the engine that this one replaces; trainers must not inherit it. */
function takeToken(): string | null {
  const token = process.env.ABD_CONTROL_TOKEN
  delete process.env.ABD_CONTROL_TOKEN
  return token !== undefined && /^[0-9a-f]{64}$/.test(token) ? token : null
}

/** Who is in the way, and where that is written: a lock that another machine left stays until somebody deletes it. */
const ownerWords = (workspace: string, lock: WorkspaceLock): string =>
  `the engine on ${lock.machine}, started ${new Date(lock.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, owns it (${lockPath(workspace)}) and cannot be reached`

/** Listening everywhere, the engine is reached from this machine over loopback. */
const reachableHost = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

function makeWorkspace(workspace: string): void {
  try {
    mkdirSync(workspace, { recursive: true })
  } catch (error) {
    throw new UserError('The workspace folder cannot be made.', {
      where: workspace,
      action: 'Choose a folder you may write to, with --workspace or ABD_WORKSPACE.',
      cause: error,
    })
  }
}

const cannotListen = (error: unknown, { host, port }: { host?: string; port?: string }): UserError =>
  new UserError('The engine cannot listen there.', {
    got: error instanceof Error && 'code' in error ? String(error.code) : String(error),
    where: `${host ?? '127.0.0.1'}:${port ?? 'any port'}`,
    action: 'Choose another port or address.',
    cause: error,
  })

/** The life of a control process: lock, door, engine, and its end. What the engine is made of comes from the entry. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Caller, ReadOnlyReason } from '../../shared/contract'
import { ExhaustiveError, UserError, fromCauses, toCauses } from '../../shared/errors'
import { createTurns, serveEngine, type FrameChannel } from '../../shared/rpc'
import { findOwner, type Owner } from '../transports/lockFile'
import type { ControlMessage, HostMessage } from './controlMessages'
import type { ControlDependencies, ControlledEngine, EngineDoor } from './controlParts'
import { pageAddress } from '../transports/pageToken'
import { cacheFolder, workspaceFolder } from './paths'
import { keepReserve, useReserve } from './reserve'
import { notWritable, startedOnFullDisk } from './workspaceAccess'
import { WorkspaceHold, type HoldOptions } from './workspaceHold'

/** Without a starter, the process ends this long after the last client left and the last run ended. */
const idleGrace = 300
const attempts = 5
/** For an answer to leave before its connection ends, in milliseconds. */
const answerTime = 50
const closingTime = 15_000

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

interface ControlFlags {
  readonly workspace?: string
  readonly host?: string
  readonly port?: string
  readonly 'take-over'?: boolean
}

class ControlProcess {
  private engine: ControlledEngine | null = null
  private delivery = delivery()
  private door: EngineDoor | null = null
  private hold: WorkspaceHold | null = null
  private workspace = ''
  private replaces = false
  private released = false
  private ending = false
  private reopening: Promise<void> = Promise.resolve()
  private idleSince: number | null = null

  constructor(private readonly dependencies: ControlDependencies) {}

  async start(): Promise<void> {
    const { values } = parseArgs({
      options: {
        workspace: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        'take-over': { type: 'boolean' },
      },
      strict: true,
    })
    this.workspace = workspaceFolder(values.workspace)
    this.listenToStarter()
    makeWorkspace(this.workspace)
    for (let attempt = 0; attempt < attempts; attempt++) {
      const owner = await findOwner(this.workspace)
      if (owner.state === 'reachable') {
        await tell({ type: 'occupied', endpoint: owner.endpoint, url: pageAddress(owner.endpoint) })
        process.exit(0)
      }
      if (await this.open(owner, values)) return
    }
    throw new UserError('The workspace could not be taken over.', {
      where: this.workspace,
      action: 'Another ABD Workbench keeps starting there; wait a moment and try again.',
    })
  }

  /** False when another process was faster. */
  private async open(owner: Exclude<Owner, { state: 'reachable' }>, flags: ControlFlags): Promise<boolean> {
    const earlier = takeToken()
    const token = earlier ?? randomBytes(32).toString('hex')
    const door = await this.openDoor(token, flags)
    const endpoint = { host: reachableHost(door.host), port: door.port, token }
    const hold = this.holdFor({ ...endpoint, startedAt: Date.now(), version: this.dependencies.version })
    try {
      if (!hold.take(owner, { takeOver: flags['take-over'] ?? false })) {
        await door.close()
        return false
      }
      this.hold = hold
      this.door = door
      this.replaces = earlier !== null
      await this.openEngine(hold)
    } catch (error) {
      hold.release()
      throw error
    }
    setInterval(() => this.watchIdle(), 100).unref()
    await tell({ type: 'ready', endpoint, url: door.url, readOnly: hold.reason !== null })
    void this.takeOverFromTheDead(hold)
    return true
  }

  private holdFor(lock: HoldOptions['lock']): WorkspaceHold {
    return new WorkspaceHold({
      workspace: this.workspace,
      lock,
      times: this.dependencies.holdTimes,
      onLost: () => this.lockLost(),
      onGone: (reason) => {
        this.dependencies.onFault('workspace', new Error(`${reason.cause.message} ${reason.cause.got ?? ''}`))
        this.engine?.suspend(reason)
        this.door?.disconnect()
      },
      onBack: () => void this.reopen(),
    })
  }

  /** Clients may come in before the engine is there; their frames wait for it. */
  private async openDoor(token: string, { host, port }: ControlFlags): Promise<EngineDoor> {
    const { openDoor, staticFolder, onFault } = this.dependencies
    const turns = createTurns()
    const onChannel = (channel: FrameChannel, caller: Caller): void =>
      void this.delivery.engine.then((engine) => serveEngine(engine.as(caller), channel, { onFault, turns }))
    try {
      return await openDoor({ token, host, port: Number(port ?? 0), staticFolder, onChannel })
    } catch (error) {
      throw cannotListen(error, { host, port })
    }
  }

  /** Where the workspace turns out not to be writable, it is opened to be read. */
  private async openEngine(hold: WorkspaceHold): Promise<void> {
    this.engine = await this.create(hold).catch((error: unknown) => {
      // Why it cannot be read either says less than why it cannot be written to.
      if (hold.reason) throw fromCauses([hold.reason.cause, ...toCauses(error)])
      const reason = notWritable(this.workspace, error)
      if (!reason) throw error
      if (reason.kind !== 'full' || !useReserve(this.workspace)) return this.createForReading(hold, reason)
      hold.usedReserve = true
      return this.create(hold).catch(() => this.createForReading(hold, reason))
    })
    if (hold.reason === null && !hold.usedReserve) keepReserve(this.workspace)
    this.delivery.deliver(this.engine)
  }

  private createForReading(hold: WorkspaceHold, reason: ReadOnlyReason): Promise<ControlledEngine> {
    hold.giveUp(reason)
    return this.create(hold).catch((error: unknown) => {
      throw fromCauses([reason.cause, ...toCauses(error)])
    })
  }

  private create(hold: WorkspaceHold): Promise<ControlledEngine> {
    return this.dependencies.createEngine({
      workspace: this.workspace,
      cacheFolder: cacheFolder(),
      readOnlyReason: hold.reason,
      replaces: this.replaces,
      startNotice: hold.usedReserve && hold.reason === null ? startedOnFullDisk(this.workspace) : null,
      openForWriting: async (how) => {
        // The answer goes out first.
        if (await hold.tryAgain(how)) setTimeout(() => void this.reopen(), answerTime)
      },
    })
  }

  /**
   * With the workspace as it is now; everybody is disconnected, and finds the new engine when coming back. One after
   * the other: two engines at once would both write there.
   */
  private reopen(): Promise<void> {
    return (this.reopening = this.reopening.then(() => this.reopenNow()))
  }

  private async reopenNow(): Promise<void> {
    const { engine, hold, door } = this
    if (!engine || !hold || this.ending) return
    this.delivery = delivery()
    door?.disconnect()
    try {
      // Of a folder that was gone for a while, a trainer may still have to notice.
      await Promise.race([engine.close(), new Promise((resolve) => setTimeout(resolve, closingTime).unref())])
      await this.openEngine(hold)
    } catch (error) {
      // A supervisor starts another, which says why.
      this.dependencies.onFault('reopen', error)
      hold.release()
      process.exit(1)
    }
  }

  private async takeOverFromTheDead(hold: WorkspaceHold): Promise<void> {
    if (!(await hold.confirmSilence())) return
    await hold.tryAgain({ takeOver: true }).then(
      (taken) => (taken ? this.reopen() : undefined),
      (error: unknown) => this.dependencies.onFault('lock', error),
    )
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
      this.hold?.release()
      process.exit(1)
    })
    process.on('unhandledRejection', (reason) => this.dependencies.onFault('unhandled', reason))
  }

  /** This machine slept so long that another one took the workspace over: two engines must not write there. */
  private lockLost(): void {
    this.dependencies.onFault('lock', new Error(`Another engine has taken ${this.workspace} over.`))
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
    // A call that came in from here on would be lost with this process: it is for the next engine.
    this.hold?.end()
    this.door?.refuse()
    try {
      await this.engine?.close()
      // Only now may another engine open the workspace; those still connected find it.
      this.hold?.release()
      await this.door?.close()
    } catch (error) {
      this.dependencies.onFault('shutdown', error)
      this.hold?.release()
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

/** An engine that is awaited. */
function delivery(): { readonly engine: Promise<ControlledEngine>; deliver(engine: ControlledEngine): void } {
  let deliver: (engine: ControlledEngine) => void = () => undefined
  const engine = new Promise<ControlledEngine>((resolve) => {
    deliver = resolve
  })
  return { engine, deliver: (ready) => deliver(ready) }
}

/** Listening everywhere, the engine is reached from this machine over loopback. */
const reachableHost = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

function makeWorkspace(workspace: string): void {
  try {
    if (!existsSync(workspace)) mkdirSync(workspace, { recursive: true, mode: 0o700 })
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

/** What a control process is made of, which its entry brings: the engine, and the door that clients come in by. */
import type { Caller, EngineApi, ReadOnlyReason } from '../../shared/contract'
import type { UserError } from '../../shared/errors'
import type { FrameChannel } from '../../shared/rpc'
import type { HoldOptions } from './workspaceHold'

export interface ControlledEngine extends EngineApi {
  readonly active: boolean
  /** The engine as that caller may use it; as it is, its owner's. */
  as(caller: Caller): EngineApi
  /** Begins nothing more and refuses what changes: what is written now cannot be found again. */
  suspend(reason: ReadOnlyReason): void
  close(): Promise<void>
}

/** What clients come in by. */
export interface EngineDoor {
  readonly host: string
  readonly port: number
  /** Address to open in a browser, with a page's token. */
  readonly url: string
  readonly clients: number
  /** Ends every connection; whoever wants one comes back. */
  disconnect(): void
  /** Nobody new comes in; who is connected stays. */
  refuse(): void
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

export interface EngineToCreate {
  readonly workspace: string
  readonly cacheFolder: string
  /** null: it may write there. */
  readonly readOnlyReason: ReadOnlyReason | null
  /** It takes the place of an engine that died a moment ago. */
  readonly replaces: boolean
  /** Told to whoever comes: something that happened before anybody could listen. */
  readonly startNotice: UserError | null
  /** @throws UserError that says why the workspace cannot be written to */
  openForWriting(how: { takeOver: boolean }): Promise<void>
}

export interface ControlDependencies {
  openDoor(options: DoorOptions): Promise<EngineDoor>
  version: string
  /** Folder of the built interface. */
  staticFolder: string
  createEngine(options: EngineToCreate): Promise<ControlledEngine>
  /** Tests make it impatient. */
  readonly holdTimes?: HoldOptions['times']
  onFault(name: string, error: unknown): void
}

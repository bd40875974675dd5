/** What an executor declares: a family, of which each member is one file or folder and one line in `index.ts`. */
import type { ExecutorFinding, DeviceReport } from '../../../../shared/domain'
import type { UserError } from '../../../../shared/errors'
import type { ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Executor } from './executor'

export interface ExecutorContext<Values> {
  /** Absolute. */
  readonly workspace: string
  readonly cacheFolder: string
  /** Program and script of a task's process. */
  readonly trainer: { readonly node: string; readonly script: string }
  /** As they are now. */
  settings(): Values
  /** Something that concerns all tasks, told once until it is over. */
  notice(error: UserError): void
}

export interface CheckRequest {
  /** Whether to send a job that says what a node computes on. */
  readonly probe: boolean
  readonly seconds: number
  /** Paths that tasks read beside workspace and cache. */
  readonly paths: readonly string[]
}

export interface CheckTeller {
  find(finding: ExecutorFinding): void
  device(device: DeviceReport): void
}

export interface OpenedExecutor<Values> {
  readonly executor: Executor
  /** Why nothing can run there now; null where it can. */
  missing(): Promise<string | null>
  /** The script of a few tasks; null where none is sent. */
  script(settings: Values): string | null
  check(request: CheckRequest, teller: CheckTeller, signal?: AbortSignal): Promise<void>
}

export interface ExecutorMember<S extends ParameterSchema = ParameterSchema> {
  readonly id: string
  readonly title: string
  readonly summary: string
  /** What is set for a workspace. */
  readonly params: S
  open(context: ExecutorContext<ValuesOf<S>>): OpenedExecutor<ValuesOf<S>>
}

/** Types the member's own settings, then forgets them for the list. */
export const defineExecutor = <S extends ParameterSchema>(member: ExecutorMember<S>): ExecutorMember =>
  member as unknown as ExecutorMember

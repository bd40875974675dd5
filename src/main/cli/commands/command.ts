/** What every command of `abd` is made of. */
import type { Command } from 'commander'
import type { EngineClient } from '../../../shared/rpc'
import type { RecognizeData } from '../configuration'
import type { Output } from '../output'

/** 0 done, 1 failed, 2 refused input or wrong usage, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130

export interface CommandContext {
  client: EngineClient
  output: Output
  json: boolean
  /** Which data set a path holds. */
  recognize: RecognizeData
}

/** A command on an engine. `Flags` are what its options give. */
export interface EngineCommand<Flags extends object = object> {
  readonly name: string
  readonly description: string
  /** Lines as they are typed, and what each does; the help shows them. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** Its arguments and options; every command has --workspace and --json besides. */
  declare?(command: Command): Command
  /** `given`: the arguments in order; those left out are missing. */
  run(context: CommandContext, flags: Flags, given: readonly string[]): Promise<ExitCode>
}

/** What a command has that needs no engine. */
export interface LocalContext {
  readonly output: Output
  readonly json: boolean
  /** Folder of the checkout, or of the packaged application. */
  readonly root: string
}

/** A command that works on this machine alone, also where TensorFlow or the workspace is missing. */
export interface LocalCommand<Flags extends object = object> extends Omit<EngineCommand<Flags>, 'run'> {
  runLocally(context: LocalContext, flags: Flags, given: readonly string[]): Promise<ExitCode>
}

/** Commands under one name: `abd study start`. */
export interface CommandGroup {
  readonly name: string
  readonly description: string
  readonly commands: readonly (EngineCommand | LocalCommand)[]
  /** Name of the one that runs where none is named; default: their list is shown. */
  readonly usual?: string
}

export const defineCommand = <Flags extends object>(command: EngineCommand<Flags>): EngineCommand<Flags> => command

export const defineLocalCommand = <Flags extends object>(command: LocalCommand<Flags>): LocalCommand<Flags> => command

/** An argument that the grammar wants, so that it cannot be missing here. */
export function wantedArgument([first]: readonly string[]): string {
  if (first === undefined) throw new Error('The command line let a missing argument through.')
  return first
}

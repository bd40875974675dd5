/** The command line: its commands, and how one of them gets an engine. */
import { Command, CommanderError } from 'commander'
import { describeError, toCauses } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'
import { commands } from './commands'
import type { CommandContext, CommandGroup, EngineCommand, ExitCode, LocalCommand } from './commands/command'
import { completeCommand, type Shell } from './commands/complete'
import { serveCommand, type ServeFlags } from './commands/serve'
import { complete, printScript } from './completion/complete'
import { keepCatalogue, keptCatalogue } from './completion/catalogueFile'
import type { RecognizeData } from './configuration'
import { refuseRepeated } from './options'
import type { Output } from './output'

export interface Connection {
  client: EngineClient
  dispose(): Promise<void>
}

export interface ProgramOptions {
  version: string
  output: Output
  /** `takeOver`: also from an engine that has the workspace and does not answer. */
  connect(workspace: string | undefined, how: { takeOver: boolean }): Promise<Connection>
  recognize: RecognizeData
  /** Folder of the checkout, or of the packaged application; default: the current one. */
  root?: string
  serve(options: ServeFlags): Promise<ExitCode>
}

interface CommonFlags {
  workspace?: string
  takeOver?: boolean
  json?: boolean
}

/** Runs a command line (without program and script) to its exit code; never throws. */
export async function runProgram(argumentsGiven: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  let code: ExitCode = 0
  const program = createProgram(options, (next) => {
    code = next
  })
  const [first, second, ...words] = argumentsGiven
  try {
    if (first === completeCommand.name && second === '--') {
      options.output.result(complete(program, words, await keptCatalogue(options.version)))
      return 0
    }
    await program.parseAsync([...argumentsGiven], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    options.output.tell(describeError(error))
    return toCauses(error)[0]?.name === 'RefusedInputError' ? 2 : 1
  }
}

function createProgram(options: ProgramOptions, setCode: (code: ExitCode) => void): Command {
  const program = new Command('abd')
    .description('ABD Workbench: data-free distillation with poisoned teachers')
    .version(options.version)
    .option('--workspace <folder>', 'folder of runs and settings (default: ABD_WORKSPACE, else ~/abd-workbench)')
    .option('--take-over', takeOverHelp)
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('("abd --help" lists the commands)')
    .addHelpText('after', programHelp)
  const workspaceOf = ({ workspace }: CommonFlags): string | undefined =>
    workspace ?? program.opts<CommonFlags>().workspace
  const takesOver = ({ takeOver }: CommonFlags): boolean => takeOver ?? program.opts<CommonFlags>().takeOver ?? false
  const placeOf = (flags: CommonFlags) => ({ workspace: workspaceOf(flags), takeOver: takesOver(flags) })
  const add = (parent: Command, command: EngineCommand | LocalCommand | CommandGroup, isDefault = false): void => {
    if ('commands' in command) {
      const group = parent.command(command.name).description(command.description).exitOverride()
      for (const member of command.commands) add(group, member, member.name === command.usual)
      return
    }
    declared(parent, command, isDefault).action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command
      const flags = self.opts<CommonFlags>()
      if ('runLocally' in command) {
        const { output, root = process.cwd() } = options
        setCode(await command.runLocally({ output, root, json: flags.json ?? false }, flags, self.args))
        return
      }
      setCode(await onEngine(options, placeOf(flags), flags, (context) => command.run(context, flags, self.args)))
    })
  }
  for (const command of commands) add(program, command)
  declared(program, serveCommand).action(async (flags: ServeFlags) =>
    setCode(await options.serve({ ...flags, ...placeOf(flags) })),
  )
  declared(program, completeCommand).action(async (shell: Shell, flags: CommonFlags) =>
    setCode(await onEngine(options, placeOf(flags), flags, (context) => printCompletion(context, options, shell))),
  )
  return program
}

/** The script goes to stdout; what it will ask for is fetched once, so that a key press starts no engine. */
async function printCompletion(
  { client }: CommandContext,
  { version }: ProgramOptions,
  shell: Shell,
): Promise<ExitCode> {
  await keepCatalogue(version, await client.call('engine.catalogue', {}))
  printScript(shell)
  return 0
}

const takeOverHelp = 'take the workspace from an engine that is gone for good and left its lock'

const programHelp = `
Exit codes: 0 done, 1 failed, 2 refused input or wrong usage, 130 interrupted.
Environment: ABD_WORKSPACE is the folder of runs and settings, XDG_CACHE_HOME what data sets are kept in.
"abd help COMMAND" has examples; every parameter is described in docs/reference.md.`

/** A command's lines as they are typed, with what each does. */
const examplesHelp = (examples: EngineCommand['examples']): string =>
  ['', 'Examples:', ...examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`])].join('\n')

const declared = (
  parent: Command,
  { name, description, examples, declare }: Omit<EngineCommand, 'run'>,
  isDefault = false,
): Command => {
  const command = parent
    .command(name, { isDefault })
    .description(description)
    .exitOverride()
    .option('--workspace <folder>', 'folder of runs and settings')
    .option('--take-over', takeOverHelp)
    .option('--json', 'write the result as JSON to stdout')
    .addHelpText('after', examplesHelp(examples))
  return refuseRepeated(declare ? declare(command) : command)
}

async function onEngine(
  { connect, output, recognize }: ProgramOptions,
  { workspace, takeOver }: { workspace: string | undefined; takeOver: boolean },
  { json = false }: CommonFlags,
  work: (context: CommandContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const connection = await connect(workspace, { takeOver })
  try {
    return await work({ client: connection.client, output, json, recognize })
  } finally {
    await connection.dispose()
  }
}

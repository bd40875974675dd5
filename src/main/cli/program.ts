/** The command line's grammar. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { teacherNormalizations } from '../../shared/domain'
import { RefusedInputError, describeError, toCauses } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'
import {
  changeRun,
  doctor,
  download,
  evaluate,
  exportWeights,
  importFile,
  run,
  runs,
  show,
  type CommandContext,
  type EvaluateFlags,
  type ExitCode,
  type ExportFlags,
} from './commands'
import type { RecognizeData, RunFlags } from './configuration'
import type { Output } from './output'

export interface Connection {
  client: EngineClient
  dispose(): Promise<void>
}

export interface ProgramOptions {
  version: string
  output: Output
  connect(workspace: string | undefined): Promise<Connection>
  recognize: RecognizeData
  serve(options: { workspace?: string; host?: string; port?: number }): Promise<ExitCode>
}

const seedList = (value: string): number[] => [...new Set(value.split(',').map(wholeNumber))]
const wholeNumber = (value: string): number => {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('wanted a whole number of at least 0')
  return parsed
}
const portNumber = (value: string): number => {
  const parsed = wholeNumber(value)
  if (parsed > 65_535) throw new InvalidArgumentError('wanted a port from 0 (any free one) to 65535')
  return parsed
}
const numeric = (value: string): number => {
  const parsed = Number(value)
  if (!Number.isFinite(parsed)) throw new InvalidArgumentError('wanted a number')
  return parsed
}
const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

/** Runs a command line (without program and script) to its exit code; never throws. */
export async function runProgram(argumentsGiven: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  const { output } = options
  let code: ExitCode = 0
  const program = createProgram(options, (next) => {
    code = next
  })
  try {
    await program.parseAsync([...argumentsGiven], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    output.tell(describeError(error))
    return toCauses(error)[0]?.name === 'RefusedInputError' || error instanceof RefusedInputError ? 2 : 1
  }
}

function createProgram(options: ProgramOptions, setCode: (code: ExitCode) => void): Command {
  const { output } = options
  const program = new Command('abd')
  program
    .description('ABD Workbench: data-free distillation with poisoned teachers')
    .version(options.version)
    .option('--workspace <folder>', 'folder of runs and settings (default: ABD_WORKSPACE, else ~/abd-workbench)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('("abd --help" lists the commands)')
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .option('--workspace <folder>', 'folder of runs and settings')
      .option('--json', 'write the result as JSON to stdout')
  const withEngine = async (
    flags: { workspace?: string; json?: boolean },
    work: (context: CommandContext) => Promise<ExitCode>,
  ): Promise<void> => {
    const connection = await options.connect(flags.workspace ?? program.opts<{ workspace?: string }>().workspace)
    try {
      setCode(await work({ client: connection.client, output, json: flags.json === true }))
    } finally {
      await connection.dispose()
    }
  }

  addRun(command, withEngine, options)
  command('runs', 'list the runs').action((flags: { json?: boolean }) => withEngine(flags, (context) => runs(context)))
  command('show', 'show a run, or with --config its configuration as path=value')
    .argument('[run]', 'id, its beginning, or "latest"')
    .option('--config', 'the configuration; without a run, the defaults')
    .action((wanted: string | undefined, flags: { config?: boolean; json?: boolean }) =>
      withEngine(flags, (context) => show(context, wanted, flags)),
    )
  for (const action of ['pause', 'stop'] as const) {
    command(
      action,
      `${action} a run after its current step with a checkpoint; inside a step that takes long it goes back to the last one`,
    )
      .argument('<run>')
      .action((wanted: string, flags: { json?: boolean }) =>
        withEngine(flags, (context) => changeRun(context, wanted, action)),
      )
  }
  command('resume', 'go on with a run at its last checkpoint')
    .argument('<run>')
    .option('--detach', 'return at once; the engine goes on')
    .action((wanted: string, flags: { json?: boolean; detach?: boolean }) =>
      withEngine(flags, (context) => changeRun(context, wanted, 'resume', flags)),
    )
  command('evaluate', 'accuracy and ASR of a weights file')
    .requiredOption('--model <file>', 'weights with PyTorch names')
    .requiredOption('--data <path>', 'a data set’s name, folder or archive')
    .requiredOption('--attack <id>', 'trigger')
    .requiredOption('--target <class>', 'target class', wholeNumber)
    .addOption(new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'gpu']))
    .option('--architecture <id>', 'network, where the file does not tell it')
    .option('--architecture-param <name=value>', 'parameter of that network, repeatable', collect)
    .addOption(
      new Option(
        '--normalization <kind>',
        'pixel values that the network takes (default: normalised as the data set is)',
      ).choices(teacherNormalizations),
    )
    .option('--attack-param <name=value>', 'parameter of the trigger, repeatable', collect)
    .option('--data-param <name=value>', 'parameter of the data set, repeatable', collect)
    .action((flags: EvaluateFlags & { json?: boolean }) =>
      withEngine(flags, (context) => evaluate(context, flags, options.recognize)),
    )
  command('import', 'report what a weights file holds')
    .argument('<file>')
    .action((file: string, flags: { json?: boolean }) => withEngine(flags, (context) => importFile(context, file)))
  command('export', 'write a model of a run to a new file in another tool’s format')
    .argument('<run>', 'id, its beginning, or "latest"')
    .requiredOption('--out <file>', 'the new file')
    .option('--stage <id>', 'teacher, student-1, … (default: the last student)')
    .option('--format <format>', 'name of a file format (default: by the file’s extension)')
    .option('--format-param <name=value>', 'parameter of that format, repeatable', collect)
    .action((wanted: string, flags: ExportFlags & { json?: boolean }) =>
      withEngine(flags, (context) => exportWeights(context, wanted, flags)),
    )
  command('download', 'bring a data set’s official files to this machine; goes on where an earlier download stopped')
    .argument('<dataset>', 'its name, e.g. cifar10')
    .option('--folder <folder>', 'where the files go (default: the product’s cache)')
    .option('--mirror <address>', 'address of a folder with the same files, in place of the official one')
    .action((dataset: string, flags: { folder?: string; mirror?: string; json?: boolean }) =>
      withEngine(flags, (context) => download(context, dataset, flags)),
    )
  command('doctor', 'report driver, libraries, versions, and the device that really runs an op').action(
    (flags: { json?: boolean }) => withEngine(flags, doctor),
  )
  command('serve', 'serve the interface to a browser on this machine')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <port>', 'port (default: any free one)', portNumber)
    .action(async (flags: { workspace?: string; host?: string; port?: number }) =>
      setCode(
        await options.serve({
          ...flags,
          workspace: flags.workspace ?? program.opts<{ workspace?: string }>().workspace,
        }),
      ),
    )
  return program
}

function addRun(
  command: (name: string, description: string) => Command,
  withEngine: (flags: { json?: boolean }, work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>,
  options: ProgramOptions,
): void {
  command('run', 'start an experiment and stay with it to its end')
    .option('--preset <id>', 'start from a preset, e.g. quick')
    .option('--seed <number>', 'start of every random stream', wholeNumber)
    .addOption(
      new Option('--seeds <list>', 'one run for each seed, e.g. 0,1,2; they train one after another')
        .argParser(seedList)
        .conflicts('seed'),
    )
    .option(
      '--set <path=value>',
      'set any parameter by its path (see abd show --config); value as JSON or else text; repeatable',
      collect,
    )
    .option('--data <path>', 'a data set’s name, folder or archive; files are recognised by their layout')
    .option('--name <text>', 'name of the run')
    .option('--note <text>', 'note of the run')
    .option('--attack <id>', 'trigger')
    .option('--target <class>', 'target class', wholeNumber)
    .option('--poison-ratio <fraction>', 'fraction of the training set that carries the trigger', numeric)
    .option('--method <id>', 'distillation method, with its named settings after a slash: cmi/inversion')
    .option(
      '--defense <list>',
      'a student with these defenses, e.g. none, sv, sv+sr, sv/gtsrb; repeatable, one student each',
      collect,
    )
    .addOption(new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'gpu']))
    .option('--threads <number>', 'TensorFlow threads, 0 for all', wholeNumber)
    .option('--detach', 'return at once; the engine goes on')
    .addHelpText(
      'after',
      '\nParameters of the chosen members are flags too: --attack.patch-size 3, --data.path DIR, --method.batch-size 64, --teacher.depth 10, --student.width 1, --sv.coefficient 1.',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action((flags: RunFlags & { json?: boolean; detach?: boolean; note?: string }, self: Command) =>
      withEngine(flags, (context) => run(context, { ...flags, memberFlags: [...self.args] }, options.recognize)),
    )
}

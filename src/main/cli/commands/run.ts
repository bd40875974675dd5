import { Option, type Command } from 'commander'
import { precisions, withSeed, type RunSummary } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { configurationOf, overruledFlags, type RunFlags } from '../configuration'
import { finishRun, leaveRunning } from '../finish'
import { collect, detachOption, deviceOption, numeric, wholeNumber, wholeNumbers } from '../options'
import { printable } from '../output'
import { defineCommand, type CommandContext, type ExitCode } from './command'

type Flags = RunFlags & { detach?: boolean; takeTeacher?: boolean; note?: string; executor?: string }

export const run = defineCommand<Flags>({
  name: 'run',
  description: 'start an experiment and stay with it to its end',
  examples: [
    ['abd run --preset quick', 'the demonstration'],
    [
      'abd run --data cifar10 --attack badnet_grid --target 0 --defense none --defense sv --seeds 0-2',
      'three seeds, two students each',
    ],
    [
      'abd run --data signs --teacher.depth 16 --attack.patch-size 5 --set poisoning.ratio=5%',
      'parameters of chosen members, and any other by its path',
    ],
  ],
  declare: (command) =>
    withExperimentOptions(command)
      .addHelpText(
        'after',
        '\nParameters of the chosen members are flags too: --attack.patch-size 3, --data.path DIR, --method.batch-size 64, --teacher.depth 10, --student.width 1, --sv.coefficient 1.',
      )
      .allowUnknownOption()
      .allowExcessArguments(),
  async run(context, flags, given) {
    const { client, output, recognize } = context
    const catalogue = await client.call('engine.catalogue', {})
    const all = { ...flags, memberFlags: [...given] }
    const config = await configurationOf(all, catalogue, recognize)
    for (const line of overruledFlags(all, catalogue, config)) output.tell(`warning: ${line}`)
    const { config: resolved, issues } = await client.call('experiment.validate', { config })
    for (const issue of issues) output.tell(`${issue.severity}: ${issue.path} ${issue.message}`)
    if (issues.some((issue) => issue.severity === 'error'))
      throw new RefusedInputError('The experiment cannot start.', {
        action: 'Correct the values named above; "abd show --config" prints every path.',
      })
    const configs =
      flags.seeds === undefined ? [config] : flags.seeds.map((seed) => withSeed(config, resolved.name, seed))
    const started: RunSummary[] = []
    for (const one of configs) {
      const { preset, note, executor, takeTeacher } = flags
      const begun = await client.call('runs.start', { config: one, preset, note, executor, takeTeacher })
      output.tell(`Run ${begun.id}: ${printable(begun.name)}`)
      started.push(begun)
    }
    return followAll(context, started, flags.detach === true)
  },
})

const withExperimentOptions = (command: Command): Command =>
  command
    .option('--preset <id>', 'start from a preset, e.g. quick')
    .option('--seed <number>', 'start of every random stream', wholeNumber)
    .addOption(
      new Option(
        '--seeds <list>',
        'one run for each seed, e.g. 0,1,2 or 0-2; for more than seeds, and for tables of them, see abd study',
      )
        .argParser(wholeNumbers)
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
    .addOption(deviceOption())
    .addOption(
      new Option(
        '--precision <format>',
        'number format of convolutions and matrix products; part of what a result is (docs/numbers.md)',
      ).choices([...precisions]),
    )
    .option('--executor <name>', 'where its stages run: local (default), slurm')
    .option('--take-teacher', 'take the teacher that another kind of device (CPU, GPU) has trained, as it is')
    .option('--threads <number>', 'TensorFlow threads, 0 for all', wholeNumber)
    .addOption(detachOption())

/** One after another, as they train. Interrupting one stops those that wait as well. */
async function followAll(context: CommandContext, started: readonly RunSummary[], detach: boolean): Promise<ExitCode> {
  for (const [index, one] of started.entries()) {
    const code = detach ? leaveRunning(context, one) : await finishRun(context, one)
    if (code === 0) continue
    for (const { id } of started.slice(index + 1)) await context.client.call('runs.stop', { runId: id })
    return code
  }
  return 0
}

import { InvalidArgumentError, Option, type Command } from 'commander'
import type { StudyPlan } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { collect, detachOption, wholeNumbers } from '../../options'
import { jsonLine, printable } from '../../output'
import { definitionOf, type StartFlags } from './parts/definition'
import { finishStudy, leaveStudy } from './parts/follow'
import { issueLines, planLines } from './parts/words'
import { defineCommand } from '../command'

type Flags = StartFlags & { dryRun?: boolean; detach?: boolean }

const help = `
A value of an axis is JSON or else text; members go by their id ("attack.id=badnet_grid,blend", "method=zskt,cmi/inversion"),
lists of defenses by their names ("defenses=none,sv,sv+sr"), and any parameter by its path ("poisoning.ratio=0.01,0.1").
Ctrl+C pauses the study and waits for checkpoints; a second one leaves at once. Exit code: 0 every cell is done, 1 some are
not, 2 refused, 130 interrupted. With --json the last line says how it ended; seconds are those of the work it cost.`

export const start = defineCommand<Flags>({
  name: 'start',
  description: 'start a study and stay with it to its end; or say with --dry-run what that would mean',
  examples: [
    ['abd study start --preset signs-small', 'a ready-made study'],
    ['abd study start --preset quick --axis attack.id=badnet_grid,blend --seeds 0-4', 'ten cells'],
    ['abd study start sweep.yaml', 'a study file, or a sweep file of another tool'],
  ],
  declare: (command) => withOptions(command).addHelpText('after', help),
  async run(context, flags, [file]) {
    const { client, output, json } = context
    const definition = await definitionOf(context, file, flags)
    const plan = await client.call('studies.plan', { definition })
    for (const line of issueLines(plan, 'warning')) output.tell(line)
    const errors = issueLines(plan, 'error')
    for (const line of errors) output.tell(line)
    if (errors.length > 0)
      throw new RefusedInputError('The study cannot start.', {
        action: 'Correct the values named above, or leave these cells out; nothing was started.',
      })
    if (flags.dryRun) {
      output.result(json ? planResult(plan) : planLines(plan).map(printable).join('\n'))
      return 0
    }
    output.tell(printable(plan.words))
    const study = await client.call('studies.start', { definition })
    output.tell(`Study ${study.id}: ${printable(study.name)}`)
    return flags.detach ? leaveStudy(context, study) : finishStudy(context, study)
  },
})

const planResult = ({ cells, stages, seconds, bytes }: StudyPlan): string =>
  jsonLine({
    cells: cells.length,
    stages: { asked: stages.asked, new: stages.new, reused: stages.reused },
    seconds,
    bytes,
  })

const priority = (value: string): number => {
  const parsed = Number(value)
  if (!Number.isInteger(parsed)) throw new InvalidArgumentError('wanted a whole number')
  return parsed
}

const withOptions = (command: Command): Command =>
  command
    .argument('[file]', 'a study file (YAML), or another tool’s sweep file')
    .option('--preset <id>', 'a ready-made study, or a ready-made experiment to begin with')
    .option(
      '--axis <path=values>',
      'vary a parameter: path=value,value; takes the place of the study’s; repeatable',
      collect,
    )
    .addOption(new Option('--seeds <list>', 'the axis of seeds, e.g. 0-2 or 0,1,4').argParser(wholeNumbers))
    .option('--analysis <id>', 'ask it of every cell when it is done; adds to the study’s; repeatable', collect)
    .option('--base-preset <id>', 'the ready-made experiment that every cell starts from')
    .option('--set <path=value>', 'set a parameter of every cell; repeatable', collect)
    .option('--data <path>', 'data of every cell: a data set’s name, folder or archive')
    .option('--executor <name>', 'where stages run: local, slurm')
    .addOption(new Option('--order <order>', 'which cells come first').choices(['seedsLast', 'asListed']))
    .addOption(new Option('--priority <number>', 'higher comes first (default 0)').argParser(priority))
    .option('--name <text>', 'name of the study')
    .option('--note <text>', 'note of the study')
    .option('--dry-run', 'say how many cells and stages, how long, how much disk; start nothing')
    .addOption(detachOption())

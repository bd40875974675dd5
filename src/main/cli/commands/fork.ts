import { stageIdOf, stageNameOf, type PartialExperimentConfig } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { parseAssignments, withAssignment } from '../configuration'
import { findRun, runNames } from '../findRun'
import { finishRun, leaveRunning } from '../finish'
import { collect, detachOption, wholeNumber } from '../options'
import { jsonLine, printable } from '../output'
import { defineCommand, wantedArgument } from './command'

interface Flags {
  stage?: string
  step?: number
  set?: string[]
  name?: string
  note?: string
  executor?: string
  detach?: boolean
}

export const fork = defineCommand<Flags>({
  name: 'fork',
  description: 'go on from a kept checkpoint of a run’s student with another configuration, as a new run',
  examples: [
    ['abd fork RUN', 'the steps that checkpoints are kept of'],
    ['abd fork RUN --step 400 --set distillation.method.params.NAME=VALUE', 'on from there with another weight'],
  ],
  declare: (command) =>
    command
      .argument('<run>', runNames)
      .option('--stage <id>', 'the student, e.g. student-2; default: student-1')
      .option('--step <number>', 'the pseudo batch of its checkpoint; left out, the steps are listed', wholeNumber)
      .option(
        '--set <path=value>',
        'change the student’s configuration (see abd show RUN --config); repeatable',
        collect,
      )
      .option('--name <text>', 'name of the new run')
      .option('--note <text>', 'note of the new run')
      .option('--executor <name>', 'where its stages run: local (default), slurm')
      .addOption(detachOption()),
  async run(
    context,
    { stage: stageId = stageIdOf({ kind: 'student', index: 0 }), step, detach = false, ...flags },
    given,
  ) {
    const { client, output, json } = context
    const { id: runId } = await findRun(client, wantedArgument(given))
    const { steps } = await client.call('runs.forkSteps', { runId, stageId })
    if (step === undefined) {
      if (json) output.result(jsonLine({ runId, stageId, steps }))
      else if (steps.length > 0) output.result(steps.join('\n'))
      else output.tell('No checkpoint is left. Recording says how many a run keeps.')
      return 0
    }
    const { config } = await client.call('runs.get', { runId })
    const plan = config.students[stageNameOf(stageId)?.index ?? -1]
    if (!plan) throw new RefusedInputError(`The run has no student "${stageId}".`, { got: stageId, where: '--stage' })
    const named = flags.name === undefined ? {} : { name: flags.name }
    const catalogue = await client.call('engine.catalogue', {})
    const edited = parseAssignments(flags.set).reduce<PartialExperimentConfig>(
      (changed, assignment) => withAssignment(changed, assignment, catalogue),
      { ...config, students: [plan], ...named },
    )
    const { note, executor } = flags
    const made = await client.call('runs.fork', { runId, stageId, step, config: edited, note, executor })
    output.tell(`Run ${made.id}: ${printable(made.name)}`)
    return detach ? leaveRunning(context, made) : finishRun(context, made)
  },
})

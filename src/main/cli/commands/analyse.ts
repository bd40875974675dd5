import type { CallArgs } from '../../../shared/contract'
import { hasEnded, type AnalysisFacts, type AskedAnalysis } from '../../../shared/domain'
import { RefusedInputError, UserError, fromCauses } from '../../../shared/errors'
import { orMeant } from '../../../shared/nearest'
import type { MemberDescription } from '../../../shared/schema'
import { absolutePaths, kebab, memberFlags } from '../configuration'
import { findRun, runNames } from '../findRun'
import { membersOf } from '../members'
import { collect, detachOption, deviceOption, wholeNumber } from '../options'
import { duration, jsonLine, printable } from '../output'
import { namedValues, valueOf } from '../values'
import { defineCommand, wantedArgument, type CommandContext, type ExitCode } from './command'

interface Flags {
  analysis: string
  param?: string[]
  stage?: string[]
  step?: number
  device?: CallArgs<'analyses.start'>['device']
  detach?: boolean
}

export const askedOf = (member: MemberDescription) => (member.facts as unknown as AnalysisFacts).asked

export const analyse = defineCommand<Flags>({
  name: 'analyse',
  description: 'look into the models and kept images of a run that is there',
  examples: [
    ['abd analyse latest --analysis kept-images', 'each kept image in numbers'],
    [
      'abd analyse RUN --analysis kept-images --param imageLimit=500 --stage student-2 --json',
      'ends with the artifact',
    ],
  ],
  declare: (command) =>
    command
      .argument('<run>', runNames)
      .requiredOption('--analysis <id>', 'what to measure; see "abd analyses"')
      .option('--param <name=value>', 'parameter of the analysis, repeatable; each is a flag too', collect)
      .option('--stage <id>', 'stage to look at, repeatable (default: the last ones that have what it needs)', collect)
      .option('--step <number>', 'students as they were after so many steps, where a checkpoint is kept', wholeNumber)
      .addOption(deviceOption())
      .addOption(detachOption())
      .addHelpText('after', '\nParameters of the analysis are flags too: --image-limit 500.')
      .allowUnknownOption()
      .allowExcessArguments(),
  async run(context, flags, given) {
    const { client, output, json } = context
    const [wanted = '', ...rest] = given
    const { id: runId } = await findRun(client, wantedArgument([wanted]))
    const member = await memberNamed(context, flags.analysis)
    const params = absolutePaths(member.params, {
      ...namedValues(flags.param ?? [], `--param ${Object.keys(member.params)[0] ?? 'name'}=…`, member.params),
      ...flagValues(member, rest),
    })
    const { stage: stageIds, step, device } = flags
    const started = await client.call('analyses.start', { runId, analysis: member.id, params, stageIds, step, device })
    if (flags.detach === true) {
      output.result(json ? jsonLine(started) : started.id)
      return 0
    }
    return finish(context, member.title, await follow(context, started))
  },
})

async function memberNamed({ client }: CommandContext, id: string): Promise<MemberDescription> {
  const asked = membersOf(await client.call('engine.catalogue', {}), 'analysis').filter(askedOf)
  const ids = asked.map((member) => member.id)
  const found = asked.find((member) => member.id === id)
  if (found) return found
  throw new RefusedInputError(`There is no analysis "${id}" to ask for${orMeant(id, ids)}.`, {
    wanted: ids.join(', '),
    got: id,
    action: 'See them with "abd analyses".',
  })
}

/** `--image-limit 500`: each flag is a parameter of the analysis. */
function flagValues({ params, title }: MemberDescription, given: readonly string[]): Record<string, unknown> {
  const names = new Map(Object.keys(params).map((name) => [kebab(name), name]))
  return Object.fromEntries(
    memberFlags(given).map(({ flag, text, typed }) => {
      const name = names.get(flag)
      if (name === undefined)
        throw new RefusedInputError(`"${typed}" is no parameter of “${title}”${orMeant(flag, [...names.keys()])}.`, {
          wanted: [...names.keys()].map((one) => `--${one}`).join(', ') || 'none',
          got: typed,
        })
      if (text === undefined) throw new RefusedInputError(`--${flag} wants a value.`, { got: 'nothing' })
      return [name, valueOf(params[name], text)]
    }),
  )
}

/** Resolves at its end; Ctrl+C cancels it. */
function follow({ client, output }: CommandContext, started: AskedAnalysis): Promise<AskedAnalysis> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => void client.call('analyses.cancel', { id: started.id }).then(see, fail)
    const finish = (action: () => void): void => {
      process.off('SIGINT', cancel)
      process.off('SIGTERM', cancel)
      for (const stop of stops) stop()
      output.endProgress()
      action()
    }
    const fail = (error: unknown): void => finish(() => reject(error as Error))
    const see = (asked: AskedAnalysis): void => {
      if (asked.id !== started.id) return
      if (hasEnded(asked)) finish(() => resolve(asked))
      else output.progress(progressText(asked))
    }
    const look = (): void => void client.call('analyses.get', { id: started.id }).then(({ asked }) => see(asked), fail)
    const stops = [
      client.subscribe('analysis.changed', { runId: started.runId }, ({ asked }) => see(asked)),
      client.onConnection((state, reason) => {
        if (state === 'connected') look()
        else if (state === 'closed') fail(new Error(reason ?? 'The engine ended.'))
      }),
    ]
    process.on('SIGINT', cancel)
    process.on('SIGTERM', cancel)
    // It may have ended before the subscription began.
    look()
  })
}

const progressText = ({ state, progress }: AskedAnalysis): string =>
  progress === null
    ? state === 'waiting'
      ? 'waiting for another analysis'
      : 'starting TensorFlow'
    : `${progress.message}, ${Math.floor(100 * progress.fraction)} %${progress.secondsLeft === null ? '' : `, ${duration(progress.secondsLeft)} left`}`

async function finish({ client, output, json }: CommandContext, title: string, last: AskedAnalysis): Promise<ExitCode> {
  for (const warning of last.warnings) output.tell(`warning: ${printable(warning)}`)
  if (last.state === 'cancelled') {
    output.tell('The analysis was cancelled.')
    return 130
  }
  if (last.state !== 'done')
    throw last.error ? fromCauses([...last.error]) : new UserError(`The analysis is ${last.state}.`)
  const { artifact, fault, asked } = await client.call('analyses.get', { id: last.id })
  if (fault !== null) throw new UserError(fault)
  output.result(json ? jsonLine({ ...asked, artifact }) : `${title}: ${printable(asked.line ?? 'done')}`)
  return 0
}

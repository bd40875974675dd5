import { resolve } from 'node:path'
import type { Catalogue } from '../../../shared/contract'
import { verdictSentence, type RunFileSummary, type RunSummary } from '../../../shared/domain'
import { dataOf, parseAssignments } from '../configuration'
import { finishRun, leaveRunning } from '../finish'
import { followRun } from '../follow'
import { collect, detachOption, wordList } from '../options'
import { duration, jsonLine, percent, printable, runResult, table } from '../output'
import { parseValue } from '../values'
import { defineCommand, wantedArgument, type CommandContext, type ExitCode } from './command'

interface Flags {
  look?: boolean
  data?: string
  set?: string[]
  accept?: string[]
  executor?: string
  detach?: boolean
}

export const reproduce = defineCommand<Flags>({
  name: 'reproduce',
  description: 'do a run again from its file (see abd export --format abdrun) and say where it first differs',
  examples: [
    ['abd reproduce run.abdrun --look', 'what it is'],
    ['abd reproduce run.abdrun --data /data/cifar10', 'everything again with the data set that lies there'],
  ],
  declare: (command) =>
    command
      .argument('<file>', 'a file of a run, NAME.abdrun')
      .option('--look', 'only show what the file is, start nothing')
      .option('--data <path>', 'where the data set lies here')
      .option(
        '--set <path=value>',
        'where another file lies here, e.g. teacher.file=/models/t.pth; repeatable',
        collect,
      )
      .option('--accept <list>', 'do it again although these differ: data, teacher.file, …, or all', wordList)
      .option('--executor <name>', 'where its stages run: local (default), slurm')
      .addOption(detachOption()),
  async run(context, { look = false, detach = false, accept = [], executor, ...flags }, operands) {
    const { client, output } = context
    const file = resolve(wantedArgument(operands))
    const summary = await client.call('reproduce.read', { file })
    const catalogue = await client.call('engine.catalogue', {})
    if (look) return tellFile(context, summary)
    for (const remark of summary.remarks) output.tell(printable(remark))
    const changes = await changesOf(context, flags, { catalogue, summary })
    const started = await withProgress(context, file, (signal) =>
      client.call('reproduce.start', { file, changes, accept, executor }, signal),
    )
    output.tell(`Run ${started.id}: ${printable(started.name)}`)
    return detach ? leaveRunning(context, started) : finishAndCompare(context, started, catalogue)
  },
})

function tellFile({ output, json }: CommandContext, summary: RunFileSummary): ExitCode {
  if (json) output.result(jsonLine(summary))
  else output.result(fileLines(summary).map(printable).join('\n'))
  return 0
}

const fileLines = (file: RunFileSummary): string[] => [
  `${file.name} (${file.runId}): ${file.product}`,
  `data ${file.data}, attack ${file.attack}, method ${file.method}, seed ${file.seed}`,
  ...table([
    ['model', 'accuracy', 'ASR', 'steps', 'time', 'device'],
    ...file.stages.map(({ name, evaluation, steps, seconds, device }) => [
      name,
      percent(evaluation?.accuracy),
      percent(evaluation?.asr),
      String(steps),
      duration(seconds),
      device ?? '',
    ]),
  ]).split('\n'),
  ...file.files.map(
    ({ parameter, name, included }) => `${parameter}: ${name}${included ? ' (in the file)' : ', to be given here'}`,
  ),
  ...file.remarks,
]

/** Files are seen from the caller's folder. */
async function changesOf(
  { recognize }: CommandContext,
  { data, set }: Pick<Flags, 'data' | 'set'>,
  { catalogue, summary }: { readonly catalogue: Catalogue; readonly summary: RunFileSummary },
): Promise<Record<string, unknown>> {
  const files = new Set(summary.files.map(({ parameter }) => parameter))
  const named = parseAssignments(set).map(({ path, text }) => [
    path,
    files.has(path) ? resolve(text) : parseValue(text),
  ])
  return {
    ...(data === undefined ? {} : { data: await dataOf(data, catalogue, recognize) }),
    ...(Object.fromEntries(named) as Record<string, unknown>),
  }
}

async function withProgress<Result>(
  { client, output }: CommandContext,
  file: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  const unsubscribe = client.subscribe('reproduce.progress', {}, (progress) => {
    if (progress.file === file)
      output.progress(`${printable(progress.message)}: ${Math.round(progress.fraction * 100)} %`)
  })
  try {
    return await work(controller.signal)
  } finally {
    unsubscribe()
    output.endProgress()
    process.removeListener('SIGINT', stop)
  }
}

/** 0 where every recorded number is the same, 1 where one differs. */
async function finishAndCompare(
  context: CommandContext,
  started: RunSummary,
  { metrics }: Catalogue,
): Promise<ExitCode> {
  const { client, output, json } = context
  const followed = json ? await followRun(client, started, output) : null
  if (!followed) {
    const code = await finishRun(context, started)
    if (code !== 0) return code
  }
  const { verdict } = await client.call('reproduce.verdict', { runId: started.id })
  const sentence = verdictSentence(verdict, (name) => metrics[name]?.title ?? name)
  if (followed) output.result(jsonLine({ ...runResult(followed.run), verdict, sentence }))
  else output.result(printable(sentence))
  return verdict.isDone && verdict.first === null && verdict.finals.length === 0 ? 0 : 1
}

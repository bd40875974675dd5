import { Option } from 'commander'
import {
  notablePrecision,
  precisionOfRun,
  assignmentWords,
  namedModelsOf,
  runCommand,
  runTimeAccount,
  timeAccountWords,
  verdictSentence,
  type RunDetail,
  type StageArtifact,
} from '../../../shared/domain'
import { RefusedInputError, describeError, fromCauses, type ErrorCause } from '../../../shared/errors'
import { membersOf } from '../members'
import { findRun, runNames } from '../findRun'
import { analysisLines, duration, healthLines, jsonLine, printable, stageLine, worthLine } from '../output'
import { namerOf } from '../names'
import { defineCommand } from './command'

export const show = defineCommand<{ config?: boolean; command?: boolean }>({
  name: 'show',
  description: 'show a run, or with --config its configuration as path=value',
  examples: [
    ['abd show latest', 'stages, numbers, findings'],
    ['abd show RUN --config', 'every parameter as a word for --set'],
    ['abd show RUN --command', 'the command that starts it again'],
  ],
  declare: (command) =>
    command
      .argument('[run]', runNames)
      .option('--config', 'the configuration, a word for --set in each line; without a run, the defaults')
      .addOption(new Option('--command', 'the command that starts the same experiment').conflicts('config')),
  async run({ client, output, json }, { config = false, command = false }, [wanted]) {
    const showConfig = (shown: unknown): void =>
      output.result(json ? jsonLine(shown) : assignmentWords(shown).join('\n'))
    if (wanted === undefined) {
      const { defaults } = await client.call('engine.catalogue', {})
      if (!config)
        throw new RefusedInputError('abd show wants a run.', {
          wanted: 'abd show RUN, or abd show --config for the defaults',
        })
      showConfig(defaults)
      return 0
    }
    const { id: runId } = await findRun(client, wanted)
    const detail = await client.call('runs.get', { runId })
    if (command) {
      const line = runCommand(detail)
      output.result(json ? jsonLine({ command: line }) : line)
      return 0
    }
    if (config) {
      showConfig(detail.config)
      return 0
    }
    const verdict = detail.reproduces ? await client.call('reproduce.verdict', { runId }).catch(() => null) : null
    const { artifacts } = await client.call('runs.artifacts', { runId })
    if (json) output.result(jsonLine({ ...detail, artifacts, ...verdict }))
    else {
      const catalogue = await client.call('engine.catalogue', {})
      const known = membersOf(catalogue, 'analysis')
      const again = verdict && verdictSentence(verdict.verdict, (name) => catalogue.metrics[name]?.title ?? name)
      const titleOf = (analysis: string): string => known.find(({ id }) => id === analysis)?.title ?? analysis
      const names = (await namerOf(client))(namedModelsOf(detail))
      output.result([...runLines({ detail, artifacts, titleOf, names }), ...againLines(detail, again)].join('\n'))
    }
    return 0
  },
})

const againLines = ({ reproduces }: RunDetail, sentence: string | null): string[] =>
  reproduces && sentence !== null ? [`does “${printable(reproduces.runName)}” again: ${printable(sentence)}`] : []

/** The ordinary precision goes without saying. */
function precisionLine(detail: RunDetail): string[] {
  const words = notablePrecision({ precision: precisionOfRun(detail) })
  return words === null ? [] : [`precision: ${words}`]
}

interface ShownRun {
  readonly detail: RunDetail
  readonly artifacts: readonly StageArtifact[]
  readonly titleOf: (analysis: string) => string
  /** Of its models. */
  readonly names: ReadonlyMap<string, string>
}

const runLines = ({ detail, artifacts, titleOf, names }: ShownRun): string[] => [
  `${printable(detail.name)} (${detail.id}): ${detail.state}`,
  `data ${detail.data}, attack ${detail.attack}, ${detail.poisonRatio === null ? 'teacher from a file' : `poison ratio ${detail.poisonRatio}`}, target ${detail.target}, seed ${detail.seed}`,
  `students: ${
    studentNames(detail, names)
      .map((name) => `${detail.method} ${name}`)
      .join(', ') || 'none'
  }`,
  ...(detail.device ? [`device: ${detail.device.title}`] : []),
  ...precisionLine(detail),
  ...detail.stages.flatMap((stage) => [
    `  ${stageLine(stage, names.get(stage.id))}`,
    ...[...healthLines(stage), ...worthLine(detail, stage), ...analysisLines(artifacts, stage.id, titleOf)].map(
      (line) => `    ${line}`,
    ),
  ]),
  ...timeLines(detail),
  ...(detail.changedPaths.length > 0 ? [`differs from the defaults in: ${detail.changedPaths.join(', ')}`] : []),
  ...(detail.error ? errorLines(detail.error) : []),
  ...(detail.note ? [`note: ${printable(detail.note)}`] : []),
]

const errorLines = (causes: readonly ErrorCause[]): string[] =>
  `error: ${describeError(fromCauses(causes))}`.split('\n').map(printable)

/** Of a run that has ended, in whatever way. */
function timeLines(detail: RunDetail): string[] {
  const account = detail.endedAt === null ? null : runTimeAccount(detail)
  return account ? [`time: ${duration(account.total)} from start to end, ${timeAccountWords(account)}`] : []
}

const studentNames = ({ stages }: RunDetail, names: ReadonlyMap<string, string>): string[] =>
  stages.filter(({ kind }) => kind === 'student').map(({ id, title }) => names.get(id) ?? title)

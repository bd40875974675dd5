import { resolve } from 'node:path'
import type { CallResult } from '../../../shared/contract'
import {
  exportFormatOf,
  exportFormatsOf,
  runFormatsOf,
  type ExportFormat,
  type RunFormat,
  type RunSummary,
} from '../../../shared/domain'
import { ExhaustiveError, RefusedInputError } from '../../../shared/errors'
import type { FamilyDescription, ParameterSchema } from '../../../shared/schema'
import { absolutePaths } from '../configuration'
import { findRun, runNames } from '../findRun'
import { collect } from '../options'
import { jsonLine, megabytes, printable } from '../output'
import { namedValues } from '../values'
import { defineCommand, wantedArgument, type CommandContext, type ExitCode } from './command'

interface ExportFlags {
  stage?: string
  format?: string
  formatParam?: string[]
  out?: string
  to?: string
  card?: boolean
}

export const exportWeights = defineCommand<ExportFlags>({
  name: 'export',
  description: 'write a model of a run, or a run as a whole, for another tool; nothing is overwritten',
  examples: [
    ['abd export latest --out student.pt', 'the last student for PyTorch'],
    ['abd export RUN --stage teacher --out teacher.safetensors', 'its teacher'],
    ['abd export RUN --format tensorboard --out logs/run', 'curves, images and settings for TensorBoard'],
    ['abd export RUN --format mlflow --to http://127.0.0.1:5000', 'to an MLflow server'],
    ['abd export RUN --out run.abdrun', 'a file that does the run again, see abd reproduce'],
  ],
  declare: (command) =>
    command
      .argument('<run>', runNames)
      .option('--out <path>', 'the new file, or of a run’s format that fills a folder the new or empty folder')
      .option('--to <address>', 'the server that a run goes to, with a format that is sent')
      .option('--format <format>', 'a file format of models, or a form of runs (default: by the file’s extension)')
      .option('--format-param <name=value>', 'parameter of that format, repeatable', collect)
      .option('--card', 'of a model: write a page beside it that says in its name whether it is poisoned')
      .option('--stage <id>', 'the model: teacher, student-1, … (default: the last student)'),
  async run(context, flags, operands) {
    const { families } = await context.client.call('engine.catalogue', {})
    const format = formatOf(families, flags)
    const run = await findRun(context.client, wantedArgument(operands))
    switch (format.of) {
      case 'model':
        return exportModel(context, run, { flags, format: format.format })
      case 'run':
        return exportRun(context, run, { flags, format: format.format })
      default:
        throw new ExhaustiveError(format)
    }
  },
})

async function exportModel(
  { client, output, json }: CommandContext,
  run: RunSummary,
  { flags, format }: { readonly flags: ExportFlags; readonly format: ExportFormat },
): Promise<ExitCode> {
  // In a run without students the teacher is meant.
  const stageId = flags.stage ?? run.stages.findLast((stage) => stage.kind !== 'data')?.id ?? 'teacher'
  const result = await client.call('model.export', {
    runId: run.id,
    stageId,
    format: format.id,
    params: paramsOf(format.params, flags),
    path: resolve(outOf(flags, 'the new file')),
    ...(flags.card === true ? { card: true } : {}),
  })
  if (result.card !== undefined && !json) output.tell(`Model card: ${result.card}`)
  output.result(
    json ? jsonLine(result) : `${stageId} of ${run.id}: ${result.path} (${format.title}, ${megabytes(result.bytes)})`,
  )
  return 0
}

/** Ctrl+C takes back what was begun. */
async function exportRun(
  { client, output, json }: CommandContext,
  { id: runId }: RunSummary,
  { flags, format }: { readonly flags: ExportFlags; readonly format: RunFormat },
): Promise<ExitCode> {
  if (flags.stage !== undefined)
    throw new RefusedInputError(`${format.title} takes the run as a whole.`, { got: flags.stage, where: '--stage' })
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  const unsubscribe = client.subscribe('run.exporting', { runId }, ({ fraction, message }) =>
    output.progress(`${printable(message)}: ${Math.round(fraction * 100)} %`),
  )
  try {
    const params = paramsOf(format.params, flags)
    const asked = { runId, format: format.id, params, target: targetOf(format, flags) }
    const result = await client.call('export.run', asked, controller.signal)
    output.endProgress()
    tellResult({ output, json }, { runId, format, result })
    return 0
  } catch (error) {
    output.endProgress()
    if (!controller.signal.aborted) throw error
    output.tell('Cancelled; what was begun is removed.')
    return 130
  } finally {
    unsubscribe()
    process.removeListener('SIGINT', stop)
  }
}

function tellResult(
  { output, json }: Pick<CommandContext, 'output' | 'json'>,
  { runId, format, result }: { runId: string; format: RunFormat; result: CallResult<'export.run'> },
): void {
  for (const remark of result.remarks) output.tell(printable(remark))
  if (json) return output.result(jsonLine(result))
  output.result(`${runId}: ${printable(result.where)} (${format.title})`)
  output.tell(`Open it with: ${format.opens}`)
}

const paramsOf = (schema: ParameterSchema, { formatParam = [] }: ExportFlags): Record<string, unknown> =>
  absolutePaths(schema, namedValues(formatParam, '--format-param name=value', schema))

function outOf({ out }: ExportFlags, wanted: string): string {
  if (out !== undefined) return out
  throw new RefusedInputError('The export has no target.', {
    wanted: `--out and ${wanted}`,
    got: 'none',
    where: '--out',
  })
}

function targetOf({ title, target }: RunFormat, flags: ExportFlags): string {
  switch (target.kind) {
    case 'address':
      if (flags.to !== undefined) return flags.to
      throw new RefusedInputError(`${title} is sent to a server.`, {
        wanted: `--to and its address, e.g. ${target.example}`,
        got: 'none',
        where: '--to',
      })
    case 'folder':
      return resolve(outOf(flags, 'a new or empty folder'))
    case 'file':
      return resolve(outOf(flags, 'the new file'))
    default:
      throw new ExhaustiveError(target)
  }
}

type FoundFormat =
  { readonly of: 'model'; readonly format: ExportFormat } | { readonly of: 'run'; readonly format: RunFormat }

/** The format that is named, or else the one that the file's name asks for. */
function formatOf(families: readonly FamilyDescription[], { format, out }: ExportFlags): FoundFormat {
  const [ofModels, ofRuns] = [exportFormatsOf(families), runFormatsOf(families)]
  const model = format === undefined ? exportFormatOf(out ?? '', ofModels) : ofModels.find(({ id }) => id === format)
  if (model) return { of: 'model', format: model }
  const files = ofRuns.flatMap(({ id, target }) => (target.kind === 'file' ? [{ id, ...target }] : []))
  const named = format ?? exportFormatOf(out ?? '', files)?.id
  const run = ofRuns.find(({ id }) => id === named)
  if (run) return { of: 'run', format: run }
  const ids = [...ofModels, ...ofRuns].map(({ id }) => id)
  if (format !== undefined)
    throw new RefusedInputError('There is no such format.', {
      wanted: `one of ${ids.join(', ')}`,
      got: format,
      where: '--format',
    })
  throw new RefusedInputError('The file’s name does not tell the format.', {
    wanted: [...ofModels, ...files].flatMap(({ extensions }) => extensions).join(', '),
    got: out ?? 'none',
    where: '--out',
    action: `Name the format: --format ${ids.join(' or --format ')}.`,
  })
}

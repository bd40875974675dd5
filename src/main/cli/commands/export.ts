import { resolve } from 'node:path'
import { exportFormatOf, exportFormatsOf, type ExportFormat } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { absolutePaths } from '../configuration'
import { findRun, runNames } from '../findRun'
import { collect } from '../options'
import { jsonLine, megabytes } from '../output'
import { namedValues } from '../values'
import { defineCommand, wantedArgument } from './command'

interface ExportFlags {
  stage?: string
  format?: string
  formatParam?: string[]
  out: string
}

export const exportWeights = defineCommand<ExportFlags>({
  name: 'export',
  description: 'write a model of a run to a new file in another tool’s format',
  declare: (command) =>
    command
      .argument('<run>', runNames)
      .requiredOption('--out <file>', 'the new file')
      .option('--stage <id>', 'teacher, student-1, … (default: the last student)')
      .option('--format <format>', 'name of a file format (default: by the file’s extension)')
      .option('--format-param <name=value>', 'parameter of that format, repeatable', collect),
  async run({ client, output, json }, flags, operands) {
    const catalogue = await client.call('engine.catalogue', {})
    const format = formatOf(exportFormatsOf(catalogue.families), flags)
    const run = await findRun(client, wantedArgument(operands))
    // In a run without students the teacher is meant.
    const stageId = flags.stage ?? run.stages.findLast((stage) => stage.kind !== 'data')?.id ?? 'teacher'
    const path = resolve(flags.out)
    const given = namedValues(flags.formatParam ?? [], '--format-param name=value', format.params)
    const params = absolutePaths(format.params, given)
    const result = await client.call('model.export', { runId: run.id, stageId, format: format.id, params, path })
    output.result(
      json ? jsonLine(result) : `${stageId} of ${run.id}: ${result.path} (${format.title}, ${megabytes(result.bytes)})`,
    )
    return 0
  },
})

/** The format that is named, or else the one that the file's name asks for. */
function formatOf(formats: readonly ExportFormat[], { format, out }: ExportFlags): ExportFormat {
  const found = format === undefined ? exportFormatOf(out, formats) : formats.find(({ id }) => id === format)
  if (found) return found
  const ids = formats.map(({ id }) => id)
  if (format !== undefined)
    throw new RefusedInputError('There is no such format.', {
      wanted: `one of ${ids.join(', ')}`,
      got: format,
      where: '--format',
    })
  throw new RefusedInputError('The file’s name does not tell the format.', {
    wanted: formats.flatMap(({ extensions }) => extensions).join(', '),
    got: out,
    where: '--out',
    action: `Name the format: --format ${ids.join(' or --format ')}.`,
  })
}

/** Writes the weights of a stage to a new file in another tool's format; no TensorFlow needed. */
import { lstat, stat } from 'node:fs/promises'
import { dirname, extname, isAbsolute } from 'node:path'
import type { CallArgs, CallResult } from '../../../../shared/contract'
import { exportFormats } from '../../../../shared/domain'
import type { ExportFormat, RunSummary, StageRecord } from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import { exporters } from '../../families/exporters'
import { importCheckpoint } from '../../families/importers'
import { readSafetensors } from '../../weights/safetensors/read'
import type { WeightMap } from '../../weights/weightMap'

/**
 * Reads the stage's weights and writes them to `path`, whole or not at all; names (without a prefix common to all),
 * types and values are kept.
 * @throws RefusedInputError when the target exists or is no absolute path in an existing folder, or the run has no such
 *   stage
 * @throws UserError when the stage has no weights, or the target cannot be written
 */
export async function exportModel(
  run: RunSummary,
  { stageId, format, path }: CallArgs<'model.export'>,
): Promise<CallResult<'model.export'>> {
  const weights = weightsOf(run, stageId)
  await assertNewFile(path)
  const tensors = await readWeights(weights)
  try {
    await exporterOf(format).write(path, tensors)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw new UserError('The weights could not be written.', {
      wanted: 'a folder that can be written to, with enough room',
      got: code,
      where: path,
      action: 'Choose another folder.',
      cause: error,
    })
  }
  return { path, bytes: (await stat(path)).size }
}

function exporterOf(format: ExportFormat) {
  const exporter = exporters.find(({ id }) => id === format)
  if (exporter) return exporter
  throw new Error(`No exporter writes ${exportFormats[format].title}.`)
}

function weightsOf({ stages }: RunSummary, stageId: string): string {
  const stage: StageRecord | undefined = stages.find(({ id }) => id === stageId)
  const models = stages
    .filter(({ kind }) => kind !== 'data')
    .map(({ id }) => id)
    .join(', ')
  if (!stage)
    throw new RefusedInputError(`This run has no stage "${stageId}".`, {
      wanted: models,
      got: stageId,
      where: 'stageId',
    })
  if (stage.kind === 'data')
    throw new RefusedInputError('The data stage trains no model.', { wanted: models, got: stageId, where: 'stageId' })
  if (stage.weights === null) {
    throw new UserError(`${stage.title} has no weights yet.`, {
      wanted: 'a stage that is done, or was paused or stopped with weights',
      got: stage.state,
      where: stageId,
      action: 'Wait for its end, or choose another stage.',
    })
  }
  return stage.weights
}

/**
 * Our own files hold tensors and nothing else; a teacher that was brought along may be a pickle, and may have changed
 * since the run.
 */
async function readWeights(file: string): Promise<WeightMap> {
  if (extname(file) === '.safetensors') return (await readSafetensors(file)).tensors
  const { accepted, reason, weights } = await importCheckpoint(file)
  if (accepted) return weights
  throw new RefusedInputError('The file of the teacher is refused.', {
    wanted: 'the weights that the run began with',
    got: reason ?? 'others',
    where: file,
    action: 'Check the file with "abd import FILE".',
  })
}

async function assertNewFile(path: string): Promise<void> {
  if (!isAbsolute(path))
    throw new RefusedInputError('The target is no whole path.', {
      wanted: 'an absolute path on the engine’s machine',
      got: path,
      where: 'path',
    })
  if (await lstat(path).catch(() => null))
    throw new RefusedInputError('The target exists already.', {
      wanted: 'a new file name',
      got: 'an existing file or folder',
      where: path,
      action: 'Choose another name, or move the existing one away.',
    })
  const folder = await stat(dirname(path)).catch(() => null)
  if (!folder?.isDirectory())
    throw new RefusedInputError('The target’s folder does not exist.', {
      wanted: 'a file name in an existing folder',
      got: 'no such folder',
      where: dirname(path),
      action: 'Make the folder, or choose another.',
    })
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

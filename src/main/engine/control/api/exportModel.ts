/** Writes the model of a stage to a new file in another tool's format. */
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { CallArgs, CallResult } from '../../../../shared/contract'
import {
  pixelValuesOf,
  stagePrecision,
  type Execution,
  type ExperimentConfig,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import { ExhaustiveError, RefusedInputError, UserError } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import { exporters, writeExport, type Exporter, type Provenance } from '../../families/exporters'
import { importCheckpoint } from '../../families/importers'
import { readSafetensors } from '../../weights/safetensors/read'
import type { WeightMap } from '../../weights/weightMap'
import { runShortJob } from '../executors/shortJobs'
import type { TrainerLauncher } from '../executors/shortJobProcess'
import { assertNewFile } from '../exports/targets'

export interface ExportServices {
  /** Runs what needs TensorFlow. */
  launchShortJob: TrainerLauncher
  cacheFolder: string
  threads: number
  /** Of the product. */
  version: string
  /** @throws UserError where TensorFlow is not set up */
  assertReady(): void
  /** The formats to choose from; those of the product unless told otherwise. */
  exporters?: Registry<Exporter>
}

/** A stage of a run, and the format and file that its model goes to. */
export interface ExportRequest extends CallArgs<'model.export'> {
  run: RunSummary
  config: ExperimentConfig
}

/**
 * Reads the stage's weights and writes them to `path`, whole or not at all; names (without a prefix common to all),
 * types and values are kept. Control does it itself where weights are all that the format holds; where it holds the
 * program, a trainer does.
 * @throws RefusedInputError when the format is none, the target exists or is no absolute path in an existing folder, or
 *   the run has no such stage
 * @throws UserError when the stage has no weights, or the target cannot be written
 */
export async function exportModel(
  { run, config, stageId, format, params, path }: ExportRequest,
  services: ExportServices,
  signal?: AbortSignal,
): Promise<CallResult<'model.export'>> {
  const registry = services.exporters ?? exporters
  registry.get(format, 'format')
  const choice = { id: format, params: params ?? {} }
  const { member, values } = registry.open(choice, 'format')
  const stage = stageWithWeights(run, stageId)
  await assertNewFile(path)
  const architecture = stage.kind === 'teacher' ? config.teacher.architecture : config.distillation.architecture
  switch (member.needs) {
    case 'weights': {
      const model = { weights: await readWeights(stage.weights), architecture }
      await writeExport(path, () => member.write(path, model, values))
      break
    }
    case 'program': {
      services.assertReady()
      const job = {
        kind: 'export',
        exporter: choice,
        path,
        weights: stage.weights,
        architecture,
        data: config.data,
        normalization: config.teacher.source === 'file' ? pixelValuesOf(config.teacher) : 'dataset',
        provenance: provenanceOf(run, config, stage, services.version),
        execution: tracing(config, services.threads),
        cacheFolder: services.cacheFolder,
      } as const
      await runShortJob(services.launchShortJob, job, signal)
      break
    }
    default:
      throw new ExhaustiveError(member)
  }
  return { path, bytes: (await stat(path)).size }
}

function provenanceOf(run: RunSummary, config: ExperimentConfig, stage: StageRecord, version: string): Provenance {
  const { teacher, poisoning } = config
  const trained = poisoning.ratio > 0 ? 'yes' : 'no'
  return {
    producerVersion: version,
    run: run.id,
    stage: stage.title,
    data: run.data,
    attack: config.attack.id,
    target: poisoning.target,
    poisoned: teacher.source === 'file' ? 'unknown' : trained,
    precision: stagePrecision(stage),
  }
}

function stageWithWeights({ stages }: RunSummary, stageId: string): StageRecord & { weights: string } {
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
  return { ...stage, weights: stage.weights }
}

/**
 * Our own files hold tensors and nothing else; runs of version 0.1.0 name the original of an imported teacher, which
 * may be a pickle, and may have changed since the run.
 */
async function readWeights(file: string): Promise<WeightMap> {
  if (extname(file) === '.safetensors') return (await readSafetensors(file)).tensors
  const { refusal, weights } = await importCheckpoint(file)
  if (refusal) throw refusal
  return weights
}

/** A trace computes next to nothing, and a run may be using the GPU; a file's program is float32 whoever reads it. */
const tracing = ({ execution }: ExperimentConfig, threads: number): Execution => ({
  ...execution,
  device: 'cpu',
  precision: 'float32',
  threads: execution.threads || threads,
})

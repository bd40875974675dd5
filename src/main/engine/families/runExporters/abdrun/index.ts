import { readFile, stat } from 'node:fs/promises'
import { saidPrecision, stagePrecision } from '../../../../../shared/domain'
import { UserError } from '../../../../../shared/errors'
import { boolean, type ValuesOf } from '../../../../../shared/schema'
import { letOthersWork } from '../../../images/yielding'
import { writeAtomically } from '../../../weights/atomicFile'
import { zipChunks, type ZipEntry } from '../../../weights/zipWriter'
import { defineRunExporter, type RunEvidence, type RunToExport, type StageToExport } from '../types'
import {
  descriptionName,
  fileEntry,
  formatVersion,
  seriesEntry,
  weightsEntry,
  type RunFile,
  type RunFileStage,
} from './format'
import { encodeSeries, isReproducible, type NamedSeries } from './series'

const params = {
  weights: boolean({
    label: 'Weights',
    default: false,
    help: 'Put the weights of every model into the file. Doing the run again does not need them.',
  }),
  files: boolean({
    label: 'Files that it names',
    default: false,
    help: 'Put the teacher’s file and the pictures that the experiment names into the file, so that another machine needs nothing but the data set.',
  }),
}

export const abdrun = defineRunExporter({
  id: 'abdrun',
  title: 'Reproducible run',
  summary: 'One file with configuration, seeds, versions, hashes of data and files, and every recorded number.',
  reference: { citation: 'ABD Workbench', place: 'docs/exports.md' },
  params,
  target: { kind: 'file', extensions: ['.abdrun'] },
  opens: 'abd reproduce FILE',
  async write(target, run, values, work) {
    if (run.run.forkedFrom)
      throw new UserError('A run that goes on from another run’s checkpoint cannot be put into a file.', {
        wanted: 'a run that begins by itself',
        got: `one that goes on from ${run.run.forkedFrom.runName}`,
        where: run.run.id,
        action: 'Export the run that it goes on from.',
      })
    work.progress(0, 'Reading the data set')
    const evidence = await run.evidence(work)
    const { entries, description } = await entriesOf(run, { evidence, values, signal: work.signal })
    work.progress(0.9, 'Writing')
    const json = Buffer.from(JSON.stringify(description, null, 1))
    await writeAtomically(target, chunksOf([{ name: descriptionName, bytes: json }, ...entries]))
    return { remarks: evidence.data ? [] : ['The data set could not be read, so its hash is not in the file.'] }
  },
})

interface Contents {
  readonly evidence: RunEvidence
  readonly values: ValuesOf<typeof params>
  readonly signal: AbortSignal
}

async function entriesOf(run: RunToExport, { evidence, values, signal }: Contents) {
  const entries: ZipEntry[] = []
  const stages: RunFileStage[] = []
  for (const stage of run.stages) {
    signal.throwIfAborted()
    const series = await seriesOf(run, stage)
    if (series.length > 0) entries.push({ name: seriesEntry(stage.record.id), bytes: encodeSeries(series) })
    const { weights } = stage.record
    const included = values.weights && weights !== null
    if (included) entries.push({ name: weightsEntry(stage.record.id), bytes: await readWhole(weights) })
    stages.push(describedStage(stage, series, included))
    await letOthersWork()
  }
  const files = evidence.files.map(({ path: _path, ...file }) => ({ ...file, included: values.files }))
  if (values.files)
    for (const [index, { path }] of evidence.files.entries())
      entries.push({ name: fileEntry(index), bytes: await readWhole(path) })
  return { entries, description: describedRun(run, { evidence, stages, files }) }
}

async function seriesOf({ definitions }: RunToExport, stage: StageToExport): Promise<NamedSeries[]> {
  return Object.entries(await stage.metrics())
    .filter(([metric]) => isReproducible(definitions[metric]))
    .map(([metric, series]) => ({ metric, series }))
}

function describedStage(
  { record, name }: StageToExport,
  series: readonly NamedSeries[],
  weights: boolean,
): RunFileStage {
  const { device } = record
  return {
    id: record.id,
    title: record.title,
    name,
    key: record.key ?? null,
    steps: record.step,
    seconds: record.seconds,
    device: device
      ? {
          kind: device.kind,
          title: device.title,
          threads: device.threads,
          tensorflow: device.tensorflow,
          cuda: device.cuda,
          driver: device.driver,
        }
      : null,
    ...saidPrecision(stagePrecision(record)),
    evaluation: record.evaluation,
    series: series.map(({ metric, series: { steps } }) => ({ metric, points: steps.length })),
    weights,
  }
}

const describedRun = (
  { run, product }: RunToExport,
  { evidence, stages, files }: Pick<RunFile, 'stages' | 'files'> & { readonly evidence: RunEvidence },
): RunFile => ({
  format: formatVersion,
  product: { name: 'ABD Workbench', numerics: evidence.numerics, ...product },
  written: Date.now(),
  run: {
    id: run.id,
    name: run.name,
    note: run.note,
    createdAt: run.createdAt,
    state: run.state,
    executor: run.executor ?? '',
  },
  config: run.config,
  stages,
  data: evidence.data,
  files,
})

const largestFile = 2 ** 31 - 1

async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size <= largestFile) return readFile(path)
  throw new UserError('A file is too large to be put into the run’s file.', {
    wanted: 'at most 2 GB',
    got: `${(size / 1e9).toFixed(1)} GB`,
    where: path,
    action: 'Export without weights and files.',
  })
}

/** @throws UserError where the file would be too large */
function chunksOf(entries: readonly ZipEntry[]): Uint8Array[] {
  try {
    return zipChunks(entries)
  } catch (error) {
    throw new UserError('The run’s file would be too large.', {
      wanted: 'at most 4 GB',
      got: error instanceof Error ? error.message : undefined,
      action: 'Export without weights and files.',
      cause: error,
    })
  }
}

/** Does a run again from its file: what is other here is refused unless it is accepted, then everything trains anew. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { CallArgs } from '../../../../shared/contract'
import {
  notablePrecision,
  withConfigValue,
  type ExperimentConfig,
  type PartialExperimentConfig,
  type ReproductionVerdict,
  type Reproduced,
  type RunFileSummary,
  type RunSummary,
} from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import type { DataPrint } from '../../families/runExporters'
import { descriptionName, seriesEntry, type RunFile } from '../../families/runExporters/abdrun/format'
import { writeAtomically } from '../../weights/atomicFile'
import { zipChunks, type ZipEntry } from '../../weights/zipWriter'
import { numericsVersion } from '../experiments/stageKeys'
import type { MemberTable } from '../experiments/memberTable'
import type { RunMaker } from '../runs/runMaker'
import { placeInRun, type RunStore } from '../store'
import { compareRuns } from './compareRuns'
import { fileEvidence } from './evidence'
import { openRunFile, type OpenedRunFile } from './runFile'

export interface ReproduceOptions {
  readonly store: RunStore
  readonly table: MemberTable
  readonly version: string
  readonly maker: RunMaker
  /** @throws RefusedInputError where the file's configuration names files that its reader may not have read */
  assertPaths(config: PartialExperimentConfig): Promise<void>
  dataPrint(
    config: ExperimentConfig,
    signal: AbortSignal | undefined,
    told: (fraction: number, message: string) => void,
  ): Promise<DataPrint>
}

/** Of the run's file, in the folder of the run that does it again: description and numbers alone. */
const copyName = 'reproduces.abdrun'
/** Of the files that came with runs' files, by their hash. */
const filesFolder = 'reproduced'

/** Reads a file and lets go of it. */
async function withRunFile<Result>(path: string, use: (file: OpenedRunFile) => Promise<Result>): Promise<Result> {
  const file = await openRunFile(path)
  try {
    return await use(file)
  } finally {
    file.close()
  }
}

export const readRunFile = (path: string, here: Pick<ReproduceOptions, 'version'>): Promise<RunFileSummary> =>
  withRunFile(path, ({ description }) => Promise.resolve(summaryOf(description, here)))

function summaryOf(description: RunFile, here: Pick<ReproduceOptions, 'version'>): RunFileSummary {
  const { run, config, product, written, stages, files } = description
  return {
    name: run.name,
    note: run.note,
    runId: run.id,
    createdAt: run.createdAt,
    written,
    product: `${product.name} ${product.version}, Node ${product.node.replace(/^v/, '')}, ${product.platform}`,
    data: memberId(config.data),
    attack: memberId(config.attack),
    method: memberId((config.distillation as ExperimentConfig['distillation'] | undefined)?.method),
    seed: Number(config.seed),
    stages: stages
      .filter(({ id }) => id !== 'data')
      .map(({ id, name, steps, seconds, device, precision, evaluation }) => ({
        ...{ id, name, steps, seconds, evaluation },
        device: device
          ? [device.title, `TensorFlow ${device.tensorflow}`, notablePrecision({ precision })]
              .filter(Boolean)
              .join(', ')
          : null,
      })),
    files: files.map(({ parameter, name, bytes, included }) => ({ parameter, name, bytes, included })),
    remarks: remarksOn(description, here),
  }
}

/** The configuration of a file is anybody's. */
const memberId = (choice: unknown): string =>
  typeof choice === 'object' && choice !== null && 'id' in choice ? String(choice.id).slice(0, 100) : 'unknown'

function remarksOn({ product, data, stages }: RunFile, { version }: Pick<ReproduceOptions, 'version'>): string[] {
  const threads = [...new Set(stages.flatMap(({ device }) => (device?.kind === 'cpu' ? [device.threads] : [])))]
  return [
    ...(product.version === version
      ? []
      : [`It was made by version ${product.version}; this is ${version}. Numbers may differ.`]),
    ...(product.numerics === numericsVersion
      ? []
      : [`Its numerics are those of version ${product.numerics}, here ${numericsVersion}: numbers will differ.`]),
    ...(data ? [] : ['It does not tell which images it was made from: the data set cannot be checked.']),
    ...(stages.some(({ device }) => device?.kind === 'gpu')
      ? ['It was computed on a GPU: numbers differ a little from one run to the next, and from a CPU.']
      : []),
    ...(threads.length > 1
      ? [`Its stages used ${threads.join(' and ')} threads; it is done again with ${threads[0]}.`]
      : []),
  ]
}

interface Difference {
  /** What is accepted by this name: "data", or the parameter of a file. */
  readonly name: string
  readonly sentence: string
  readonly wanted: string
  readonly got: string
}

/**
 * A run with the file's configuration, every stage trained anew.
 * @throws RefusedInputError where data set or files are others than the run's and not accepted, or it cannot start
 */
export async function reproduce(
  { file: path, changes = {}, accept = [], executor }: CallArgs<'reproduce.start'>,
  options: ReproduceOptions,
  work: { readonly signal: AbortSignal | undefined; progress(fraction: number, message: string): void },
): Promise<RunSummary> {
  return withRunFile(path, async (file) => {
    const { description } = file
    const asked = await configurationOf(file, changes, options)
    await options.assertPaths(asked)
    const config = await options.maker.startable(asked, { executor, subject: 'The run of the file' })
    work.progress(0.1, 'Comparing files')
    const differences = [
      ...(await differentFiles(description, config, { ...options, signal: work.signal })),
      ...(await differentData(description, config, { options, work })),
    ]
    assertAccepted(differences, accept)
    const copy = await copyOf(file)
    const reproduces: Reproduced = { runId: description.run.id, runName: description.run.name }
    await options.maker.prepare([config])
    const [made] = options.maker.create([
      { config, executor, fresh: true, reproduces, note: noteOf(description, differences) },
    ])
    if (!made) throw new Error('No run was made.')
    const folder = options.store.runFolder(made.id)
    await mkdir(folder, { recursive: true })
    await writeAtomically(join(folder, copyName), copy)
    return options.store.runs.summary(made.id)
  })
}

const noteOf = ({ run, product }: RunFile, differences: readonly Difference[]): string =>
  [
    `Done again from a file of “${run.name}” (${run.id}, version ${product.version}).`,
    ...differences.map(({ sentence }) => sentence),
  ].join('\n')

/** With what the caller changes, files that came along, and the threads that were used. */
async function configurationOf(
  file: OpenedRunFile,
  changes: Readonly<Record<string, unknown>>,
  { store }: Pick<ReproduceOptions, 'store'>,
): Promise<PartialExperimentConfig> {
  const { config, run, files, stages } = file.description
  let asked: PartialExperimentConfig = { ...config, name: `${run.name.slice(0, 180)} (reproduced)` }
  const threads = stages.find(({ device }) => device?.kind === 'cpu')?.device?.threads
  if (threads !== undefined && threads > 0) asked = withConfigValue(asked, 'execution.threads', threads)
  for (const [index, { parameter, name, sha256, included }] of files.entries()) {
    if (!included || parameter in changes) continue
    const folder = join(store.folder, filesFolder)
    // The ending alone: importers look at it, and nothing else of the name is needed.
    const target = join(folder, `${sha256}${/^\.[a-z0-9]{1,12}$/i.exec(extname(name))?.[0] ?? ''}`)
    await mkdir(folder, { recursive: true })
    if (!existsSync(target)) await file.extract(index, target)
    asked = withConfigValue(asked, parameter, target)
  }
  for (const [path, value] of Object.entries(changes)) asked = withConfigValue(asked, path, value)
  return asked
}

async function differentFiles(
  { files }: RunFile,
  config: ExperimentConfig,
  { table, signal }: Pick<ReproduceOptions, 'table'> & { readonly signal: AbortSignal | undefined },
): Promise<Difference[]> {
  const here = new Map((await fileEvidence(config, table, signal)).map((found) => [found.parameter, found]))
  return files.flatMap(({ parameter, name, sha256 }) => {
    const found = here.get(parameter)
    if (found?.sha256 === sha256) return []
    const got = found ? `${found.name}, SHA-256 ${found.sha256}` : 'no such file'
    const sentence = `${parameter} is another file than the run’s.`
    return [{ name: parameter, sentence, wanted: `${name}, SHA-256 ${sha256}`, got }]
  })
}

async function differentData(
  { data }: RunFile,
  config: ExperimentConfig,
  { options, work }: { readonly options: ReproduceOptions; readonly work: Parameters<typeof reproduce>[2] },
): Promise<Difference[]> {
  if (!data) return []
  const found = await options.dataPrint(config, work.signal, (fraction, message) =>
    work.progress(0.2 + 0.7 * fraction, message),
  )
  if (found.sha256 === data.sha256) return []
  const told = ({ images, classes, sha256 }: DataPrint): string =>
    `${images} images of ${classes} classes, SHA-256 ${sha256}`
  const sentence = 'The data set holds other images or labels than the run’s.'
  return [{ name: 'data', sentence, wanted: told(data), got: told(found) }]
}

function assertAccepted(differences: readonly Difference[], accept: readonly string[]): void {
  const refused = differences.filter(({ name }) => !accept.includes(name) && !accept.includes('all'))
  const [first] = refused
  if (!first) return
  const names = refused.map(({ name }) => name)
  throw new RefusedInputError(refused.map(({ sentence }) => sentence).join(' '), {
    wanted: first.wanted,
    got: first.got,
    where: names.join(', '),
    action: `Name the right one (--set ${first.name === 'data' ? 'data.params.path' : first.name}=…), or do it again with what is here: --accept ${names.join(',')}.`,
  })
}

/** Description and numbers, for comparing later. */
async function copyOf(file: OpenedRunFile): Promise<Uint8Array[]> {
  const { description } = file
  const stages = description.stages.map((stage) => ({ ...stage, weights: false }))
  const files = description.files.map((one) => ({ ...one, included: false }))
  const json = Buffer.from(JSON.stringify({ ...description, stages, files }))
  const entries: ZipEntry[] = [{ name: descriptionName, bytes: json }]
  for (const { id } of stages) {
    const bytes = await file.seriesBytes(id)
    if (bytes) entries.push({ name: seriesEntry(id), bytes })
  }
  return zipChunks(entries)
}

/** @throws UserError for a run that does no other again, or whose copy of the file is gone */
export async function reproductionVerdict(runId: string, store: RunStore): Promise<ReproductionVerdict> {
  const { stages, reproduces } = store.runs.peek(runId)
  const path = join(store.runFolder(runId), copyName)
  if (!reproduces || !existsSync(path))
    throw new UserError('This run does no other one again.', {
      wanted: 'a run that was begun with “abd reproduce FILE”',
      got: runId,
    })
  return withRunFile(path, (file) =>
    compareRuns(file, {
      stage(id) {
        const found = stages.find((stage) => stage.id === id)
        return found ? { isDone: found.state === 'done', step: found.step, evaluation: found.evaluation } : null
      },
      metrics: (id) => store.metrics.read(stages.find((stage) => stage.id === id)?.place ?? placeInRun(runId, id)),
    }),
  )
}

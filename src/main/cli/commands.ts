/** The commands on an engine; each resolves to its exit code. */
import { resolve } from 'node:path'
import type { Catalogue, DiskUse, DownloadProgress, EngineInfo, ModelProgress } from '../../shared/contract'
import type { DeviceReport, ExportFormat, RunSummary, TeacherNormalization } from '../../shared/domain'
import {
  defenseLabel,
  describeChecks,
  exportFormatOf,
  exportFormatsOf,
  flattenConfig,
  withSeed,
} from '../../shared/domain'
import { RefusedInputError, UserError, fromCauses } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'
import type { FamilyId } from '../../shared/schema'
import {
  absolutePaths,
  configurationOf,
  membersOf,
  namedValues,
  type RecognizeData,
  type RunFlags,
} from './configuration'
import { followRun } from './follow'
import {
  duration,
  percent,
  printable,
  runResult,
  stageLine,
  analysisLines,
  table,
  worthLine,
  type Output,
} from './output'

/** 0 done, 1 failed, 2 refused input or wrong usage, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130

export interface CommandContext {
  client: EngineClient
  output: Output
  json: boolean
}

const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (_key, entry: unknown) =>
    ArrayBuffer.isView(entry) ? [...(entry as unknown as Iterable<number>)] : entry,
  )

export async function run(
  { client, output, json }: CommandContext,
  flags: RunFlags & { detach?: boolean; note?: string },
  recognize: RecognizeData,
): Promise<ExitCode> {
  const catalogue = await client.call('engine.catalogue', {})
  const config = await configurationOf(flags, catalogue, recognize)
  const { config: resolved, issues } = await client.call('experiment.validate', { config })
  for (const issue of issues) output.tell(`${issue.severity}: ${issue.path} ${issue.message}`)
  if (issues.some((issue) => issue.severity === 'error'))
    throw new RefusedInputError('The experiment cannot start.', {
      action: 'Correct the values named above; "abd show --config" prints every path.',
    })
  const all = flags.seeds === undefined ? [config] : flags.seeds.map((seed) => withSeed(config, resolved.name, seed))
  const started: RunSummary[] = []
  for (const one of all) {
    const begun = await client.call('runs.start', { config: one, preset: flags.preset, note: flags.note })
    output.tell(`Run ${begun.id}: ${printable(begun.name)}`)
    started.push(begun)
  }
  return followAll({ client, output, json }, started, flags.detach === true)
}

/** One after another, as they train. Interrupting one stops those that wait as well. */
async function followAll(context: CommandContext, started: readonly RunSummary[], detach: boolean): Promise<ExitCode> {
  for (const [index, one] of started.entries()) {
    const code = detach ? leaveRunning(one, context.output, context.json) : await finishRun(context, one)
    if (code === 0) continue
    for (const { id } of started.slice(index + 1)) await context.client.call('runs.stop', { runId: id })
    return code
  }
  return 0
}

const leaveRunning = (run: RunSummary, output: Output, json: boolean): ExitCode => {
  output.result(json ? jsonLine({ id: run.id, state: run.state }) : run.id)
  return 0
}

async function finishRun({ client, output, json }: CommandContext, started: RunSummary): Promise<ExitCode> {
  const { run: last, interrupted } = await followRun(client, started, output)
  if (json) output.result(jsonLine(runResult(last)))
  else output.result(resultTable(last))
  if (last.state === 'done') return 0
  if (interrupted || last.state === 'stopped' || last.state === 'paused') {
    output.tell(`The run is ${last.state}. "abd resume ${last.id}" goes on at its last checkpoint.`)
    return 130
  }
  throw last.error
    ? fromCauses(last.error)
    : new UserError(`The run is ${last.state}.`, { action: `"abd resume ${last.id}" goes on at its last checkpoint.` })
}

const resultTable = (run: RunSummary): string =>
  table([
    ['model', 'accuracy', 'ASR', 'time'],
    ...run.stages
      .filter((stage) => stage.kind !== 'data')
      .map((stage) => [
        stage.kind === 'teacher'
          ? 'teacher'
          : `${stage.method ?? 'student'}, ${stage.defense === 'none' ? 'no defense' : (stage.defense ?? '')}`,
        percent(stage.evaluation?.accuracy),
        percent(stage.evaluation?.asr),
        duration(stage.seconds),
      ]),
  ])

/** A run by id, by the beginning of its id, or "latest". */
export async function findRun(client: EngineClient, wanted: string): Promise<RunSummary> {
  const runs = await client.call('runs.list', {})
  const exact = runs.find((run) => run.id === wanted)
  if (exact) return exact
  const [newest] = runs
  if (wanted === 'latest' && newest) return newest
  const matching = runs.filter((run) => run.id.startsWith(wanted))
  const [only] = matching
  if (only && matching.length === 1) return only
  throw new RefusedInputError(
    matching.length > 1 ? `"${wanted}" begins the ids of ${matching.length} runs.` : `There is no run "${wanted}".`,
    {
      wanted: 'a run’s id, its beginning, or "latest"',
      got: wanted,
      action: 'See them with "abd runs".',
    },
  )
}

export async function runs({ client, output, json }: CommandContext): Promise<ExitCode> {
  const list = await client.call('runs.list', {})
  if (json) output.result(jsonLine(list))
  else if (list.length === 0) output.tell('No runs yet. "abd run --preset quick" starts one.')
  else {
    output.result(
      table([
        ['id', 'name', 'state', 'data', 'attack', 'teacher acc / ASR', 'students acc / ASR'],
        ...list.map((run) => [
          run.id,
          printable(run.name).slice(0, 40),
          run.state,
          run.data,
          run.attack,
          modelCells(run, 'teacher'),
          modelCells(run, 'student'),
        ]),
      ]),
    )
  }
  return 0
}

const modelCells = (run: RunSummary, kind: 'teacher' | 'student'): string =>
  run.stages
    .filter((stage) => stage.kind === kind)
    .map(
      (stage) =>
        `${kind === 'student' ? `${stage.defense ?? ''} ` : ''}${percent(stage.evaluation?.accuracy)} / ${percent(stage.evaluation?.asr)}`,
    )
    .join('; ')

export async function show(
  { client, output, json }: CommandContext,
  wanted: string | undefined,
  options: { config?: boolean },
): Promise<ExitCode> {
  if (wanted === undefined) {
    const { defaults } = await client.call('engine.catalogue', {})
    if (options.config !== true)
      throw new RefusedInputError('abd show wants a run.', {
        wanted: 'abd show RUN, or abd show --config for the defaults',
      })
    output.result(json ? jsonLine(defaults) : configLines(defaults))
    return 0
  }
  const { id } = await findRun(client, wanted)
  const detail = await client.call('runs.get', { runId: id })
  if (options.config === true) output.result(json ? jsonLine(detail.config) : configLines(detail.config))
  else {
    const { artifacts } = await client.call('runs.artifacts', { runId: id })
    if (json) {
      output.result(jsonLine({ ...detail, artifacts }))
      return 0
    }
    const known = membersOf(await client.call('engine.catalogue', {}), 'analysis')
    const titleOf = (analysis: string): string => known.find((member) => member.id === analysis)?.title ?? analysis
    output.result(
      [
        `${printable(detail.name)} (${detail.id}): ${detail.state}`,
        `data ${detail.data}, attack ${detail.attack}, ${detail.poisonRatio === null ? 'teacher from a file' : `poison ratio ${detail.poisonRatio}`}, target ${detail.target}, seed ${detail.seed}`,
        `students: ${detail.config.students.map((plan) => `${detail.method} ${defenseLabel(plan)}`).join(', ') || 'none'}`,
        ...(detail.device ? [`device: ${detail.device.title}`] : []),
        ...detail.stages.flatMap((stage) => [
          `  ${stageLine(stage)}`,
          ...[...worthLine(detail, stage), ...analysisLines(artifacts, stage.id, titleOf)].map((line) => `    ${line}`),
        ]),
        ...(detail.changedPaths.length > 0 ? [`differs from the defaults in: ${detail.changedPaths.join(', ')}`] : []),
        ...(detail.error ?? []).map((cause) => `error: ${cause.message}`),
        ...(detail.note ? [`note: ${printable(detail.note)}`] : []),
      ].join('\n'),
    )
  }
  return 0
}

const configLines = (config: unknown): string =>
  flattenConfig(config)
    .map(([path, value]) => `${path}=${JSON.stringify(value)}`)
    .join('\n')

export async function changeRun(
  { client, output, json }: CommandContext,
  wanted: string,
  action: 'pause' | 'stop' | 'resume',
  options: { detach?: boolean } = {},
): Promise<ExitCode> {
  const found = await findRun(client, wanted)
  const changed = await client.call(`runs.${action}`, { runId: found.id })
  if (action === 'resume')
    return options.detach === true ? leaveRunning(changed, output, json) : finishRun({ client, output, json }, changed)
  output.tell(
    changed.state === 'running'
      ? `${printable(changed.name)} will ${action} after the current step, or at the last checkpoint where a step takes long.`
      : `${printable(changed.name)} is ${changed.state}.`,
  )
  if (json) output.result(jsonLine({ id: changed.id, state: changed.state }))
  return 0
}

export interface EvaluateFlags {
  model: string
  data: string
  attack: string
  target: number
  device?: 'auto' | 'cpu' | 'gpu'
  attackParam?: string[]
  dataParam?: string[]
  architecture?: string
  architectureParam?: string[]
  normalization?: TeacherNormalization
}

export async function evaluate(
  { client, output, json }: CommandContext,
  flags: EvaluateFlags,
  recognize: RecognizeData,
): Promise<ExitCode> {
  const catalogue: Catalogue = await client.call('engine.catalogue', {})
  const known = catalogue.families
    .find((family) => family.id === 'dataset')
    ?.members.some((member) => member.id === flags.data)
  const data = known ? { id: flags.data, params: {} } : await recognize(resolve(flags.data))
  const chosen = (family: FamilyId, id: string, params: Record<string, unknown>, given: readonly string[] = []) => ({
    id,
    params: absolutePaths(membersOf(catalogue, family).find((member) => member.id === id)?.params, {
      ...params,
      ...namedValues(given, '--attack-param patchSize=5'),
    }),
  })
  const file = resolve(flags.model)
  const unsubscribe = client.subscribe('model.progress', {}, (progress) => {
    if (progress.file === file) output.progress(evaluationLine(progress))
  })
  const { evaluation, warnings } = await client
    .call('model.evaluate', {
      file,
      target: flags.target,
      device: flags.device,
      normalization: flags.normalization,
      data: chosen('dataset', data.id, data.params, flags.dataParam),
      attack: chosen('attack', flags.attack, {}, flags.attackParam),
      ...(flags.architecture === undefined
        ? {}
        : { architecture: chosen('architecture', flags.architecture, {}, flags.architectureParam) }),
    })
    .finally(() => {
      unsubscribe()
      output.endProgress()
    })
  for (const warning of warnings) output.tell(`warning: ${printable(warning)}`)
  const { accuracy, asr, asrAll, robustAccuracy, images, nonTarget } = evaluation
  output.result(
    json
      ? jsonLine({ accuracy, asr, asrAll, robustAccuracy, images, nonTarget })
      : [
          `accuracy ${percent(accuracy)} of ${images} images, ASR ${percent(asr)} of ${nonTarget} triggered non-target images`,
          `robust accuracy ${percent(robustAccuracy)} of the same ${nonTarget}, ASR ${percent(asrAll)} of all ${images} triggered images`,
        ].join('\n'),
  )
  return 0
}

/** E.g. "evaluating, 40 %, accuracy 78.9 %, ASR 99.8 %, 12 s left". */
export const evaluationLine = ({ message, fraction, secondsLeft, evaluation }: ModelProgress): string =>
  `${message ?? 'evaluating'}, ${Math.floor(100 * fraction)} %${evaluation ? `, accuracy ${percent(evaluation.accuracy)}, ASR ${percent(evaluation.asr)}` : ''}${secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`}`

/** The engine works in another folder: a path typed here is made absolute here. */
export async function importFile({ client, output, json }: CommandContext, file: string): Promise<ExitCode> {
  const report = await client.call('model.inspect', { file: resolve(file) })
  const { accepted, reason, architecture, tensors, sha256, findings } = report
  if (json) output.result(jsonLine({ accepted, reason, architecture, tensors, sha256, findings }))
  else {
    output.result(
      [
        accepted
          ? `accepted: ${architecture?.title ?? 'unknown architecture'}, ${tensors} tensors`
          : `refused: ${printable(reason ?? 'no reason given')}`,
        ...(sha256 ? [`SHA-256 ${sha256}`] : []),
        ...findings.map((finding) => `${finding.severity}: ${printable(finding.message)}`),
      ].join('\n'),
    )
  }
  return accepted ? 0 : 2
}

export interface ExportFlags {
  stage?: string
  format?: string
  formatParam?: string[]
  out: string
}

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

/**
 * Without a stage the last student is meant, in a run without students the teacher; without a format the file's name
 * tells it.
 */
export async function exportWeights(
  { client, output, json }: CommandContext,
  wanted: string,
  flags: ExportFlags,
): Promise<ExitCode> {
  const catalogue: Catalogue = await client.call('engine.catalogue', {})
  const format = formatOf(exportFormatsOf(catalogue.families), flags)
  const run = await findRun(client, wanted)
  const stageId = flags.stage ?? run.stages.findLast((stage) => stage.kind !== 'data')?.id ?? 'teacher'
  const result = await client.call('model.export', {
    runId: run.id,
    stageId,
    format: format.id,
    params: absolutePaths(format.params, namedValues(flags.formatParam ?? [], '--format-param name=value')),
    path: resolve(flags.out),
  })
  output.result(
    json ? jsonLine(result) : `${stageId} of ${run.id}: ${result.path} (${format.title}, ${megabytes(result.bytes)})`,
  )
  return 0
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** E.g. "[1/4] train-images-idx3-ubyte.gz: 3.1 MB of 9.9 MB". */
export function downloadLine({ step, filesDone, files, unit, received, total }: DownloadProgress): string {
  const amount =
    unit === 'files'
      ? `${received} of ${total ?? '?'} files`
      : `${megabytes(received)}${total === null ? '' : ` of ${megabytes(total)}`}`
  return `[${filesDone + 1}/${files}] ${step}: ${amount}`
}

/** Ends with the path to name as the data set's folder. */
export async function download(
  { client, output, json }: CommandContext,
  dataset: string,
  flags: { folder?: string; mirror?: string },
): Promise<ExitCode> {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  const unsubscribe = client.subscribe('dataset.progress', {}, (progress) => {
    if (progress.dataset === dataset) output.progress(downloadLine(progress))
  })
  try {
    const folder = flags.folder === undefined ? undefined : resolve(flags.folder)
    const result = await client.call('dataset.download', { dataset, folder, mirror: flags.mirror }, controller.signal)
    output.endProgress()
    output.tell(describeChecks(result.files).sentence)
    output.result(json ? jsonLine(result) : Object.values(result.params).map(String).join('\n'))
    return 0
  } catch (error) {
    output.endProgress()
    if (!controller.signal.aborted) throw error
    output.tell('Stopped. The same command goes on where it stopped.')
    return 130
  } finally {
    unsubscribe()
    process.removeListener('SIGINT', stop)
  }
}

export async function doctor({ client, output, json }: CommandContext): Promise<ExitCode> {
  const info = await client.call('engine.info', {})
  const disk = await client.call('engine.diskUse', {})
  if (!info.runtimeReady) {
    if (json) output.result(jsonLine({ info, disk, device: null }))
    else output.result(table(infoRows(info, disk)))
    throw new UserError('TensorFlow is not set up.', {
      got: info.runtimeMessage ?? 'no runtime',
      action: 'Run "npm start"; it prepares the runtime.',
    })
  }
  const device = await client.call('engine.device', { fresh: true })
  if (json) output.result(jsonLine({ info: { ...info, device }, disk, device }))
  else output.result(table([...infoRows(info, disk), ...deviceRows(device)]))
  return 0
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const infoRows = (info: EngineInfo, disk: DiskUse): string[][] => [
  [info.product, info.version],
  ['Node', `${info.node}, ${info.platform}`],
  ['Machine', `${info.cores} cores, ${gigabytes(info.memoryBytes)} memory`],
  [
    'Workspace',
    `${info.workspace}${info.readOnly ? ' (read-only)' : ''}, ${gigabytes(disk.workspaceBytes)} used, ${gigabytes(disk.freeBytes)} free`,
  ],
]

const deviceRows = (device: DeviceReport): string[][] => [
  ['Device that ran an op', `${device.kind.toUpperCase()}: ${device.title}${device.fallback ? ' (fallback)' : ''}`],
  ...(device.reason ? [['Reason', device.reason]] : []),
  ['TensorFlow', `${device.tensorflow}, ${device.threads} threads`],
  ['NVIDIA driver', device.driver ?? 'none'],
  ['CUDA', device.cuda ?? 'none'],
  ['cuDNN', device.cudnn ?? 'none'],
  ['Compute capability', device.computeCapability ?? 'none'],
  ...Object.entries(device.details),
]

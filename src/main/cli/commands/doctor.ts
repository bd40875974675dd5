import type { DiskUse, EngineInfo } from '../../../shared/contract'
import { howToInstallRuntime, precisionSpeedRows, type DeviceReport } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { jsonLine, table } from '../output'
import { Option } from 'commander'
import { defineCommand, type CommandContext, type ExitCode } from './command'

interface DoctorFlags {
  executor?: string
  probe?: boolean
}

export const doctor = defineCommand<DoctorFlags>({
  name: 'doctor',
  description: 'report driver, libraries, versions, and the device that really runs an op',
  examples: [['abd doctor', 'what works on this machine, and what does not']],
  declare: (command) =>
    command
      .addOption(new Option('--executor <id>', 'check whether tasks would run there, e.g. slurm, down to a node'))
      .option('--no-probe', 'with --executor: send no job that says what a node computes on'),
  async run(context, { executor, probe = true }) {
    if (executor !== undefined) return checkExecutor(context, executor, probe)
    const { client, output, json } = context
    const info = await client.call('engine.info', {})
    const disk = await client.call('engine.diskUse', {})
    if (!info.runtimeReady) {
      output.result(json ? jsonLine({ info, disk, device: null }) : table(infoRows(info, disk)))
      throw new UserError('TensorFlow is not set up.', {
        got: info.runtimeMessage ?? 'no runtime',
        action: howToInstallRuntime,
      })
    }
    const device = await client.call('engine.device', { fresh: true })
    output.result(
      json
        ? jsonLine({ info: { ...info, device }, disk, device })
        : table([...infoRows(info, disk), ...deviceRows(device)]),
    )
    return 0
  },
})

/** 1 where a task would not run there. */
async function checkExecutor(
  { client, output, json }: CommandContext,
  executor: string,
  probe: boolean,
): Promise<ExitCode> {
  const { findings, device } = await client.call('executors.check', { executor, probe })
  const rows = findings.map(({ title, state, message, action }) => [
    title,
    `${state === 'ok' ? '' : `${state}: `}${message}${action ? ` → ${action}` : ''}`,
  ])
  output.result(
    json ? jsonLine({ executor, findings, device }) : table([...rows, ...(device ? deviceRows(device) : [])]),
  )
  return findings.some(({ state }) => state === 'failed') ? 1 : 0
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
  ...precisionSpeedRows(device.precisionSpeed).map((row) => [...row]),
  ...Object.entries(device.details),
]

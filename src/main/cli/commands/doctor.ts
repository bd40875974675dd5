import type { DiskUse, EngineInfo } from '../../../shared/contract'
import type { DeviceReport } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { jsonLine, table } from '../output'
import { defineCommand } from './command'

export const doctor = defineCommand({
  name: 'doctor',
  description: 'report driver, libraries, versions, and the device that really runs an op',
  async run({ client, output, json }) {
    const info = await client.call('engine.info', {})
    const disk = await client.call('engine.diskUse', {})
    if (!info.runtimeReady) {
      output.result(json ? jsonLine({ info, disk, device: null }) : table(infoRows(info, disk)))
      throw new UserError('TensorFlow is not set up.', {
        got: info.runtimeMessage ?? 'no runtime',
        action: 'Run "npm start"; it prepares the runtime.',
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

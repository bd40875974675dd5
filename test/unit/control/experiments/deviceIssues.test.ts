import { describe, expect, it } from 'vitest'
import { deviceIssues, type DeviceProbe } from '../../../../src/main/engine/control/experiments/deviceIssues'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import type { DeviceReport, Execution } from '../../../../src/shared/domain'
import { fakeDevice } from '../../../fakes/device'

const table = memberTable(families)
const resolved = (execution: Partial<Execution>) => resolveExperiment({ execution }, table)

async function issuesOf(execution: Partial<Execution>, device: Partial<DeviceReport>): Promise<string[]> {
  const probe = { known: () => null, find: () => Promise.resolve({ ...fakeDevice, ...device }) }
  const issues = await deviceIssues(resolved(execution).config, probe)
  return issues.map(({ path, severity, message }) => `${severity} ${path}: ${message}`)
}
const gpu = { kind: 'gpu', title: 'NVIDIA H100', computeCapability: '9.0' } as const
const slow = { milliseconds: { float32: 10, mixed: 14 }, instructions: null }

describe('a precision', () => {
  it('is not looked at where it is the ordinary one, and starts nothing', async () => {
    const find = () => Promise.reject(new Error('TensorFlow was started'))
    expect(await deviceIssues(resolved({}).config, { known: () => null, find })).toEqual([])
  })

  it('tf32 wants a GPU that has it, and says what was found', async () => {
    expect(await issuesOf({ precision: 'tf32' }, { reason: 'The driver is too old.' })).toEqual([
      'error execution.precision: wanted a GPU, which alone computes in TF32, got Fake processor, 2 threads: The driver is too old; choose float32, or see Settings, Device',
    ])
    expect(await issuesOf({ precision: 'tf32' }, gpu)).toEqual([])
    const [older] = await issuesOf({ precision: 'tf32' }, { ...gpu, title: 'Tesla T4', computeCapability: '7.5' })
    expect(older).toContain('(compute capability 8.0 or newer), got Tesla T4 of 7.5')
  })

  it('mixed that gains nothing says so with the measured factor, and is no error', async () => {
    expect(await issuesOf({ precision: 'mixed' }, { precisionSpeed: slow })).toEqual([
      'warning execution.precision: gains nothing on this machine, whose processor has no instructions for bfloat16: a 3×3 convolution, forward and backward, takes 1.4 of the time of float32 (14 ms, 10 ms)',
    ])
    const fast = { milliseconds: { float32: 10, mixed: 2 }, instructions: 'amx_bf16' }
    expect(await issuesOf({ precision: 'mixed' }, { precisionSpeed: fast })).toEqual([])
  })

  it('mixed is refused where float32 could be timed there and bfloat16 could not', async () => {
    const [none] = await issuesOf({ precision: 'mixed' }, { ...gpu, precisionSpeed: { milliseconds: { float32: 1 } } })
    expect(none).toBe(
      'error execution.precision: wanted a device that computes in bfloat16, got NVIDIA H100, where a convolution in float32 was computed and one in bfloat16 was refused; choose float32, or see Settings, Device',
    )
    expect(await issuesOf({ precision: 'mixed' }, { ...gpu, precisionSpeed: { milliseconds: {} } })).toEqual([])
  })

  it('mixed on the processor of a machine with a GPU is measured there', async () => {
    const devices = { cpu: { ...fakeDevice, precisionSpeed: slow }, auto: { ...fakeDevice, ...gpu } }
    const probe: DeviceProbe = {
      known: () => null,
      find: ({ device } = {}) => Promise.resolve(devices[device ?? 'auto']),
    }
    const issues = await deviceIssues(resolved({ precision: 'mixed', device: 'cpu' }).config, probe)
    expect(issues.map(({ message }) => message)).toEqual([expect.stringContaining('gains nothing on this machine')])
  })

  it('is refused without looking at a device where the configuration itself excludes it', () => {
    const messages = (execution: Partial<Execution>) => resolved(execution).issues.map(({ message }) => message)
    expect(messages({ precision: 'tf32', device: 'cpu' })).toEqual([
      expect.stringContaining('wanted a GPU, which alone computes in TF32, got the CPU'),
    ])
    expect(messages({ precision: 'mixed', graph: false })).toEqual([
      expect.stringContaining('wanted steps that run as graphs'),
    ])
    expect(messages({ precision: 'mixed' })).toEqual([])
  })
})

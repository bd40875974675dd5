import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { busyShare, createSystemMetrics, parseCpuTimes } from '../../../src/main/engine/trainer/systemMetrics'
import { parseGpuLine } from '../../../src/main/engine/trainer/watchGpu'
import { isSharedMetric, metricDefinitions } from '../../../src/shared/domain'

const tensors = () => ({ numTensors: 12, numBytes: 4000 })
const folder = mkdtempSync(join(tmpdir(), 'abd-system-'))

describe('figures of the machine', () => {
  it('come at most once in five seconds, each with a definition of the group System', async () => {
    let time = 0
    const gpu = { utilisation: 0.5, memory: 2, temperature: 61 }
    const system = createSystemMetrics({ folder, gpu: () => gpu, tensors, now: () => time })
    await new Promise((resolve) => setTimeout(resolve, 20))
    time = 4999
    expect(system.due()).toBe(false)
    time = 5000
    expect(system.due()).toBe(true)
    const points = system.read(7)
    expect(system.due()).toBe(false)
    expect(points.every(({ step, value }) => step === 7 && Number.isFinite(value))).toBe(true)
    const names = points.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['processCpu', 'processMemory', 'tensors', 'freeDisk', 'gpuMemory']))
    for (const name of names) {
      expect(isSharedMetric(name), name).toBe(true)
      if (isSharedMetric(name)) expect(metricDefinitions[name].group).toBe('system')
    }
  })

  it('leave out what the machine does not tell', () => {
    const system = createSystemMetrics({ folder: join(folder, 'gone'), gpu: null, tensors, now: () => 0 })
    const names = system.read(1).map(({ name }) => String(name))
    expect(names.filter((name) => name.startsWith('gpu') || name === 'freeDisk')).toEqual([])
  })

  it('take the busy share of all cores from two looks at /proc/stat', () => {
    const before = parseCpuTimes('cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4 5')
    const after = parseCpuTimes('cpu  200 0 150 740 110 0 0 0 0 0')
    expect(before && after && busyShare(before, after)).toBeCloseTo(150 / 200)
    expect(parseCpuTimes('nothing')).toBeNull()
    expect(parseCpuTimes(readFileSync('/proc/stat', 'utf8'))).not.toBeNull()
  })

  it('read what nvidia-smi tells, without what a card does not', () => {
    expect(parseGpuLine('37, 1000, 61')).toEqual({ utilisation: 0.37, memory: 1.048576, temperature: 61 })
    expect(parseGpuLine('[N/A], 1000, [N/A]')).toEqual({ memory: 1.048576 })
    expect(parseGpuLine('No devices were found')).toBeNull()
  })
})

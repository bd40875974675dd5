/**
 * What the machine is doing while a stage trains, as ordinary metrics. Read after a step, in the training thread, from
 * /proc and /sys: a tenth of a millisecond every five seconds, no process is started, and nothing that training
 * computes is touched. (The package systeminformation starts shells for the same figures.)
 */
import { readFileSync, readdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { memory } from '@tensorflow/tfjs-core'
import type { MetricPoint } from '../../../shared/domain'
import type { GpuFigures } from './watchGpu'

/** Milliseconds between two samples, at least: a sample belongs to the end of a step. */
const interval = 5000
const gigabyte = 1e9

export interface SystemMetrics {
  due(): boolean
  /** The figures that this machine tells, as points of that step. */
  read(step: number): MetricPoint[]
}

export interface SystemOptions {
  /** Where the stage writes. */
  readonly folder: string
  /** The newest figures of the GPU in use; null where none is. */
  readonly gpu: (() => GpuFigures | null) | null
  /** TensorFlow's own account, unless a test gives another. */
  readonly tensors?: () => { readonly numTensors: number; readonly numBytes: number }
  /** Milliseconds; the clock unless a test gives another. */
  readonly now?: () => number
}

export function createSystemMetrics(options: SystemOptions): SystemMetrics {
  const { folder, gpu, tensors = memory, now = () => performance.now() } = options
  let last = now()
  let cpu = process.cpuUsage()
  let machine = readCpuTimes()
  const sensors = findSensors()
  let freeDisk: number | undefined
  // A file system over a network may take its time; its answer belongs to the next sample.
  const askDisk = (): void =>
    void statfs(folder).then(
      ({ bavail, bsize }) => (freeDisk = (bavail * bsize) / gigabyte),
      () => (freeDisk = undefined),
    )
  askDisk()

  function figures(seconds: number): Readonly<Record<string, number | undefined>> {
    const used = process.cpuUsage(cpu)
    cpu = process.cpuUsage()
    const before = machine
    machine = readCpuTimes()
    const { numTensors, numBytes } = tensors()
    const card = gpu?.() ?? null
    return {
      processCpu: (used.user + used.system) / 1e6 / seconds,
      systemCpu: before && machine ? busyShare(before, machine) : undefined,
      processMemory: process.memoryUsage.rss() / gigabyte,
      freeMemory: freemem() / gigabyte,
      tensors: numTensors,
      tensorMemory: numBytes / gigabyte,
      freeDisk,
      cpuTemperature: hottest(sensors),
      gpuUtilisation: card?.utilisation,
      gpuMemory: card?.memory,
      gpuTemperature: card?.temperature,
    }
  }
  return {
    due: () => now() - last >= interval,
    read(step) {
      const time = now()
      const found = figures(Math.max(1e-3, (time - last) / 1000))
      last = time
      askDisk()
      return Object.entries(found).flatMap(([name, value]) =>
        value === undefined || !Number.isFinite(value) ? [] : [{ name: name as MetricPoint['name'], step, value }],
      )
    },
  }
}

export interface CpuTimes {
  readonly busy: number
  readonly all: number
}

/** The first line of /proc/stat: ticks of all cores together. */
export function parseCpuTimes(text: string): CpuTimes | null {
  const ticks = /^cpu\s+(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/).map(Number)
  if (!ticks || ticks.length < 5 || ticks.some(Number.isNaN)) return null
  // What guests use is counted among user and nice already.
  const all = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0)
  const [, , , idle = 0, waiting = 0] = ticks
  return { all, busy: all - idle - waiting }
}

export const busyShare = (before: CpuTimes, after: CpuTimes): number | undefined =>
  after.all > before.all ? (after.busy - before.busy) / (after.all - before.all) : undefined

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
const readCpuTimes = (): CpuTimes | null => parseCpuTimes(readText('/proc/stat') ?? '')

const sensorsFolder = '/sys/class/hwmon'
/** Drivers of processors' sensors: Intel, AMD, ARM. */
const processorSensors = ['coretemp', 'k10temp', 'zenpower', 'cpu_thermal']

/** Files with thousandths of a degree. */
function findSensors(): string[] {
  const list = (folder: string): string[] => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }
  return list(sensorsFolder).flatMap((name) => {
    const folder = `${sensorsFolder}/${name}`
    if (!processorSensors.includes(readText(`${folder}/name`)?.trim() ?? '')) return []
    return list(folder).flatMap((file) => (/^temp\d+_input$/.test(file) ? [`${folder}/${file}`] : []))
  })
}

const hottest = (sensors: readonly string[]): number | undefined => {
  const degrees = sensors.flatMap((file) => {
    const value = Number(readText(file) ?? NaN) / 1000
    return Number.isFinite(value) ? [value] : []
  })
  return degrees.length > 0 ? Math.max(...degrees) : undefined
}

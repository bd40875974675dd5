/** Resident memory of this process as the kernel counts it. */
import fs from 'node:fs'

export interface MemoryReport {
  /** Peak resident memory (VmHWM), MiB. */
  readonly peak: number
  /** Resident now, split into memory of the process's own and mapped files (libraries), MiB. */
  readonly anonymous: number
  readonly files: number
  /** JavaScript heap in use, MiB. */
  readonly heap: number
}

export function readMemory(): MemoryReport {
  const status = fs.readFileSync('/proc/self/status', 'utf8')
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  return {
    peak: read('VmHWM'),
    anonymous: read('RssAnon'),
    files: read('RssFile'),
    heap: process.memoryUsage().heapUsed / 2 ** 20,
  }
}

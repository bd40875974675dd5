/** What the machine has, asked of the operating system and the NVIDIA driver; nothing here loads TensorFlow. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { promisify } from 'node:util'

export interface GpuHardware {
  index: number
  name: string
  driver: string
  computeCapability: string
  memoryBytes: number
}

export interface CpuHardware {
  model: string
  logicalCores: number
  /** Instruction sets that decide the speed of TensorFlow's kernels. */
  features: string[]
  memoryBytes: number
}

const tellingFeatures = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_tile', 'amx_bf16']

/** Widest first: kernels take the first that the processor has. */
const forBfloat16 = ['amx_bf16', 'avx512_bf16'] as const

/** What a processor multiplies bfloat16 with; null where it has nothing for it, and converts to and fro. */
export const bfloat16Instructions = ({ features }: Pick<CpuHardware, 'features'>): string | null =>
  forBfloat16.find((feature) => features.includes(feature)) ?? null

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export function readCpu(information = readText('/proc/cpuinfo')): CpuHardware {
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(information)?.[1]?.split(' '))
  const list = cpus()
  return {
    model: /^model name\s*:\s*(.*)$/m.exec(information)?.[1]?.trim() ?? list[0]?.model ?? 'unknown CPU',
    logicalCores: list.length,
    features: tellingFeatures.filter((feature) => flags.has(feature)),
    memoryBytes: totalmem(),
  }
}

/** The rows of `nvidia-smi --query-gpu=index,name,driver_version,compute_cap,memory.total`. */
export function parseGpuRows(text: string): GpuHardware[] {
  return text
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .flatMap(([index, name, driver, computeCapability, mebibytes]) =>
      name === undefined || driver === undefined || mebibytes === undefined
        ? []
        : [
            {
              index: Number(index),
              name,
              driver,
              computeCapability: computeCapability ?? 'unknown',
              memoryBytes: Number(mebibytes) * 2 ** 20,
            },
          ],
    )
}

/** The GPUs the NVIDIA driver lists; empty without a driver or without nvidia-smi. */
export async function readGpus(): Promise<GpuHardware[]> {
  const query = ['--query-gpu=index,name,driver_version,compute_cap,memory.total', '--format=csv,noheader,nounits']
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 })
    return parseGpuRows(stdout)
  } catch {
    return []
  }
}

/** The driver's version from its kernel module, which is there without nvidia-smi too. */
export function readKernelDriver(text = readText('/proc/driver/nvidia/version')): string | null {
  return /Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)/.exec(text)?.[1] ?? null
}

/** File names of the CUDA libraries that this process has really loaded. */
export function loadedCudaLibraries(maps = readText('/proc/self/maps')): string[] {
  const names = [
    ...maps.matchAll(
      /\/(lib(?:cuda|cudart|cudnn|cublas|cublasLt|cufft|cusolver|cusparse|nvrtc|nccl)[\w.-]*\.so[\w.]*)/g,
    ),
  ].map((match) => match[1] ?? '')
  return [...new Set(names)].sort()
}

import type { DeviceReport } from '../../../shared/domain'
import { resolveThreads } from './environment'
import {
  loadedCudaLibraries,
  readCpu,
  readGpus,
  readKernelDriver,
  type CpuHardware,
  type GpuHardware,
} from './hardware'
import type { TensorFlowOptions } from './options'
import type { RuntimeDescription } from './runtimeFile'

/** Everything a report is made of; `kind` is what the probe found. */
export interface DeviceFacts {
  kind: 'cpu' | 'gpu'
  options: TensorFlowOptions
  runtime: RuntimeDescription
  tensorFlowVersion: string
  gpus: GpuHardware[]
  kernelDriver: string | null
  cpu: CpuHardware
  threads: number
  loadedLibraries: string[]
  environment: Record<string, string | undefined>
}

/** Why the CPU ran where a GPU was to be expected; null where all is as it should be. */
function fallbackReason(facts: DeviceFacts): string | null {
  if (facts.kind === 'gpu' || facts.options.device === 'cpu') return null
  const driver = facts.gpus[0]?.driver ?? facts.kernelDriver
  if (facts.runtime.variant === 'cpu') {
    if (driver === null) return null
    return 'An NVIDIA driver is there, but the CPU build of TensorFlow is installed: run "abd runtime install --variant gpu" to fetch the GPU build.'
  }
  if (driver === null)
    return 'The GPU build of TensorFlow is installed, but no NVIDIA driver is loaded (nvidia-smi lists no GPU).'
  if (
    facts.environment.CUDA_VISIBLE_DEVICES !== undefined &&
    !/\d/.test(facts.environment.CUDA_VISIBLE_DEVICES.replace('-1', ''))
  ) {
    return `CUDA_VISIBLE_DEVICES="${facts.environment.CUDA_VISIBLE_DEVICES}" hides every GPU from TensorFlow.`
  }
  const major = Number.parseInt(driver, 10)
  if (major < 525) return `The NVIDIA driver ${driver} is too old for CUDA 12: driver 525 or newer is needed.`
  return `TensorFlow did not take the GPU (driver ${driver}; CUDA libraries loaded: ${facts.loadedLibraries.join(', ') || 'none'}): start with TF_CPP_MIN_LOG_LEVEL=0 to see its reason.`
}

function libraryVersion(runtime: RuntimeDescription, name: string): string | null {
  return runtime.libraries.find((library) => library.name === name)?.version ?? null
}

function describeDetails(facts: DeviceFacts): Record<string, string> {
  const gpuMemory = facts.gpus.map((gpu) => `${gpu.name}, ${(gpu.memoryBytes / 1e9).toFixed(1)} GB`).join('; ')
  return {
    build: facts.runtime.variant === 'gpu' ? 'GPU' : 'CPU',
    cpu: facts.cpu.model,
    'logical cores': String(facts.cpu.logicalCores),
    'CPU features': facts.cpu.features.join(' ') || 'none of note',
    memory: `${(facts.cpu.memoryBytes / 1e9).toFixed(1)} GB`,
    ...(gpuMemory ? { GPUs: gpuMemory } : {}),
    ...Object.fromEntries(facts.runtime.libraries.map(({ name, version }) => [name, version])),
    ...(facts.loadedLibraries.length > 0 ? { 'CUDA libraries loaded': facts.loadedLibraries.join(' ') } : {}),
    oneDNN: facts.environment.TF_ENABLE_ONEDNN_OPTS === '1' ? 'on' : 'off',
    ...(facts.kind === 'gpu'
      ? { TF32: facts.environment.NVIDIA_TF32_OVERRIDE === '0' ? 'off' : 'as NVIDIA decides' }
      : {}),
    'deterministic kernels': facts.environment.TF_DETERMINISTIC_OPS === '1' ? 'on' : 'off',
    Node: process.version,
    'Node-API': String(facts.runtime.nodeApiVersion),
  }
}

/** Pure: the report that these facts give. */
export function composeDeviceReport(facts: DeviceFacts): DeviceReport {
  const reason = fallbackReason(facts)
  // tfjs-node places every op on the last GPU that TensorFlow lists.
  const gpu = facts.gpus.at(-1)
  const onGpu = facts.kind === 'gpu'
  return {
    kind: facts.kind,
    title: onGpu
      ? (gpu?.name ?? 'NVIDIA GPU')
      : `${facts.cpu.model}, ${facts.threads} ${facts.threads === 1 ? 'thread' : 'threads'}`,
    fallback: reason !== null,
    reason,
    threads: facts.threads,
    tensorflow: facts.tensorFlowVersion,
    driver: gpu?.driver ?? facts.kernelDriver,
    cuda: onGpu ? libraryVersion(facts.runtime, 'nvidia-cuda-runtime-cu12') : null,
    cudnn: onGpu ? libraryVersion(facts.runtime, 'nvidia-cudnn-cu12') : null,
    computeCapability: gpu?.computeCapability ?? null,
    ...(onGpu && gpu ? { memoryBytes: gpu.memoryBytes } : {}),
    details: describeDetails(facts),
  }
}

/** The report of this process after the probe ran. */
export async function readDeviceReport(
  kind: 'cpu' | 'gpu',
  options: TensorFlowOptions,
  runtime: RuntimeDescription,
  tensorFlowVersion: string,
): Promise<DeviceReport> {
  const kernelDriver = readKernelDriver()
  return composeDeviceReport({
    kind,
    options,
    runtime,
    tensorFlowVersion,
    kernelDriver,
    gpus: await readGpus(),
    cpu: readCpu(),
    threads: resolveThreads(Number(process.env.TF_NUM_INTRAOP_THREADS ?? 0)),
    loadedLibraries: loadedCudaLibraries(),
    environment: process.env,
  })
}

/**
 * The environment variables that TensorFlow reads when it loads; see docs/decisions.md, "Set-up and TensorFlow
 * runtime".
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ordinaryPrecision } from '../../../shared/domain'
import { cacheDirectory } from '../../setup/paths.mjs'
import type { TensorFlowOptions } from './options'

type Environment = Record<string, string | undefined>

function readNumbers(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number)
  } catch {
    return []
  }
}

/** CPUs that a container's quota grants (control groups version 2, else 1); Infinity without a quota. */
export function quotaCpus(read: (file: string) => number[] = readNumbers): number {
  const [limit, period] = read('/sys/fs/cgroup/cpu.max')
  if (limit !== undefined && period !== undefined && limit > 0 && period > 0) return limit / period
  const [quota] = read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')
  const [oldPeriod] = read('/sys/fs/cgroup/cpu/cpu.cfs_period_us')
  if (quota !== undefined && oldPeriod !== undefined && quota > 0 && oldPeriod > 0) return quota / oldPeriod
  return Infinity
}

/** Threads TensorFlow gets: the wanted number, else every CPU that affinity and quota leave to this process. */
export function resolveThreads(wanted = 0, cpus = availableParallelism(), quota = quotaCpus()): number {
  if (wanted > 0) return wanted
  return Math.max(1, Math.min(cpus, Math.ceil(quota)))
}

/** The size that TensorFlow's guide recommends; the driver drops the oldest kernels beyond it. */
const kernelCacheBytes = String(2 ** 31)

/**
 * Sets the variables in `environment`. What the user has set already stays, except where an option speaks of it.
 * - oneDNN: TensorFlow leaves it off on CPUs without AVX-512, where it makes training 1.7 to 2 times faster.
 * - Growing GPU memory: otherwise TensorFlow takes a laptop's whole GPU from its display, and the first of two slots
 * leaves the second none.
 * - A cache for the kernels that the driver compiles for a GPU newer than TensorFlow's build, in our cache folder, so
 * that a node whose home cannot be written has one too: without it they are compiled in every stage.
 * - TF32, which rounds what is multiplied to 10 bits of mantissa (an error near 1e-3, more than the tests of
 * convolutions and gradients allow), is off in float32, whatever the user's environment says: the result bears that
 * name. In the other precisions NVIDIA's libraries take it by themselves, also for what `mixed` leaves in float32.
 */
export function applyEnvironment(options: TensorFlowOptions, environment: Environment = process.env): void {
  environment.TF_ENABLE_ONEDNN_OPTS ??= '1'
  environment.TF_CPP_MIN_LOG_LEVEL ??= '2'
  environment.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  environment.CUDA_CACHE_PATH ??= join(cacheDirectory(environment), 'cuda-kernels')
  environment.CUDA_CACHE_MAXSIZE ??= kernelCacheBytes
  if (options.threads !== undefined && options.threads > 0) {
    environment.TF_NUM_INTRAOP_THREADS =
      environment.TF_NUM_INTEROP_THREADS =
      environment.OMP_NUM_THREADS =
        String(options.threads)
  } else {
    environment.TF_NUM_INTRAOP_THREADS ??= String(resolveThreads())
    environment.OMP_NUM_THREADS ??= environment.TF_NUM_INTRAOP_THREADS
  }
  if ((options.precision ?? ordinaryPrecision) === 'float32') environment.NVIDIA_TF32_OVERRIDE = '0'
  else delete environment.NVIDIA_TF32_OVERRIDE
  if (options.deterministic === true) environment.TF_DETERMINISTIC_OPS = '1'
  if (options.device === 'cpu') environment.CUDA_VISIBLE_DEVICES = '-1'
}

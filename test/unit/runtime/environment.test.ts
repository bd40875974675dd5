import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRuntimeDescription, runtimeFilePath } from '../../../src/main/engine/runtime/runtimeFile'
import { applyEnvironment, quotaCpus, resolveThreads } from '../../../src/main/engine/runtime/environment'
import { loadedCudaLibraries, parseGpuRows, readCpu, readKernelDriver } from '../../../src/main/engine/runtime/hardware'

describe('applyEnvironment', () => {
  it('sets what the user has not set, and what an option asks for', () => {
    const environment: Record<string, string | undefined> = {
      TF_ENABLE_ONEDNN_OPTS: '0',
      TF_NUM_INTRAOP_THREADS: '9',
      XDG_CACHE_HOME: '/c',
      CUDA_CACHE_MAXSIZE: '1000',
    }
    applyEnvironment({ threads: 3, device: 'cpu', deterministic: true }, environment)
    expect(environment).toEqual({
      TF_ENABLE_ONEDNN_OPTS: '0',
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      TF_NUM_INTRAOP_THREADS: '3',
      TF_NUM_INTEROP_THREADS: '3',
      OMP_NUM_THREADS: '3',
      TF_DETERMINISTIC_OPS: '1',
      NVIDIA_TF32_OVERRIDE: '0',
      CUDA_VISIBLE_DEVICES: '-1',
      XDG_CACHE_HOME: '/c',
      CUDA_CACHE_PATH: '/c/abd-workbench/cuda-kernels',
      CUDA_CACHE_MAXSIZE: '1000',
    })
  })

  it('leaves GPUs visible and kernels as they are by default', () => {
    const environment: Record<string, string | undefined> = {}
    applyEnvironment({}, environment)
    expect(environment).not.toHaveProperty('CUDA_VISIBLE_DEVICES')
    expect(environment).not.toHaveProperty('TF_DETERMINISTIC_OPS')
    expect(environment.TF_ENABLE_ONEDNN_OPTS).toBe('1')
    expect(environment.NVIDIA_TF32_OVERRIDE).toBe('0')
    expect(environment.CUDA_CACHE_MAXSIZE).toBe('2147483648')
  })

  it.each([
    ['float32', '0'],
    ['tf32', undefined],
    ['mixed', undefined],
  ] as const)('gives a stage in %s its TF32, whatever the user has set', (precision, wanted) => {
    for (const users of [{}, { NVIDIA_TF32_OVERRIDE: '1' }, { NVIDIA_TF32_OVERRIDE: '0' }]) {
      const environment: Record<string, string | undefined> = { ...users }
      applyEnvironment({ precision }, environment)
      expect(environment.NVIDIA_TF32_OVERRIDE).toBe(wanted)
    }
  })

  it('lets GPU memory grow, so that two slots share a card, unless the user says otherwise', () => {
    const grows: Record<string, string | undefined> = {}
    applyEnvironment({}, grows)
    expect(grows.TF_FORCE_GPU_ALLOW_GROWTH).toBe('true')
    const whole: Record<string, string | undefined> = { TF_FORCE_GPU_ALLOW_GROWTH: 'false' }
    applyEnvironment({}, whole)
    expect(whole.TF_FORCE_GPU_ALLOW_GROWTH).toBe('false')
  })
})

describe('resolveThreads', () => {
  it("takes the wanted number, else what affinity and the container's quota leave", () => {
    expect(resolveThreads(5, 8, 2)).toBe(5)
    expect(resolveThreads(0, 8, Infinity)).toBe(8)
    expect(resolveThreads(0, 64, 3.5)).toBe(4)
    expect(resolveThreads(0, 8, 0.5)).toBe(1)
  })

  it('reads both kinds of control groups, and no quota', () => {
    expect(quotaCpus((file) => (file.endsWith('cpu.max') ? [400_000, 100_000] : []))).toBe(4)
    expect(
      quotaCpus((file) => (file.endsWith('quota_us') ? [150_000] : file.endsWith('period_us') ? [100_000] : [])),
    ).toBe(1.5)
    expect(
      quotaCpus((file) => (file.endsWith('cpu.max') ? [NaN, 100_000] : file.endsWith('quota_us') ? [-1] : [100_000])),
    ).toBe(Infinity)
  })
})

describe('runtime.json', () => {
  it('is found in the cache or where ABD_RUNTIME says', () => {
    expect(runtimeFilePath({ XDG_CACHE_HOME: '/c' })).toBe('/c/abd-workbench/runtime.json')
    expect(runtimeFilePath({ HOME: '/home/a', XDG_CACHE_HOME: 'relative' })).toBe(
      '/home/a/.cache/abd-workbench/runtime.json',
    )
    expect(runtimeFilePath({ ABD_RUNTIME: '/elsewhere.json' })).toBe('/elsewhere.json')
  })

  it('says how to set up when it is missing, unreadable or points to nothing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'abd-runtime-'))
    const file = join(directory, 'runtime.json')
    const failure = (): unknown => {
      try {
        return readRuntimeDescription(file)
      } catch (error) {
        return error
      }
    }
    expect(failure()).toMatchObject({
      name: 'UserError',
      where: file,
      action: expect.stringContaining('abd runtime install'),
    })
    writeFileSync(file, '{"format":2}')
    expect(failure()).toMatchObject({ message: expect.stringContaining('cannot be read') })
    writeFileSync(
      file,
      JSON.stringify({
        format: 1,
        variant: 'cpu',
        tensorFlowVersion: '2',
        nodeApiVersion: 8,
        binding: '/none.node',
        tensorFlowDirectory: '/t',
        libraries: [],
      }),
    )
    expect(failure()).toMatchObject({ message: expect.stringContaining('incomplete'), wanted: '/none.node' })
    rmSync(directory, { recursive: true })
  })
})

describe('hardware', () => {
  it("reads nvidia-smi's rows", () => {
    expect(parseGpuRows('0, NVIDIA H100 80GB HBM3, 580.159.04, 9.0, 81559\n\n')).toEqual([
      {
        index: 0,
        name: 'NVIDIA H100 80GB HBM3',
        driver: '580.159.04',
        computeCapability: '9.0',
        memoryBytes: 81559 * 2 ** 20,
      },
    ])
    expect(parseGpuRows('No devices were found\n')).toEqual([])
  })

  it("reads the kernel module's version, the CPU and the loaded CUDA libraries", () => {
    expect(readKernelDriver('NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build')).toBe(
      '570.86.15',
    )
    expect(readKernelDriver('NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12')).toBe(
      '535.183.01',
    )
    expect(readKernelDriver('')).toBeNull()
    expect(readCpu('model name\t: Fast CPU\nflags\t\t: fpu avx avx2 sse\n')).toMatchObject({
      model: 'Fast CPU',
      features: ['avx', 'avx2'],
    })
    expect(
      loadedCudaLibraries(
        '7f r-xp /x/nvidia/cudnn/lib/libcudnn.so.9\n7f r--p /x/nvidia/cudnn/lib/libcudnn.so.9\n7f /usr/lib/libc.so.6\n7f /usr/lib/libcuda.so.550.1',
      ),
    ).toEqual(['libcuda.so.550.1', 'libcudnn.so.9'])
  })
})

import { describe, expect, it } from 'vitest'
import { composeDeviceReport, type DeviceFacts } from '../../../src/main/engine/runtime/deviceReport'

const gpu = { index: 0, name: 'NVIDIA T4', driver: '550.54.15', computeCapability: '7.5', memoryBytes: 16 * 2 ** 30 }
const facts = (change: Partial<DeviceFacts> = {}): DeviceFacts => ({
  kind: 'gpu',
  options: {},
  tensorFlowVersion: '2.21.0',
  gpus: [gpu],
  kernelDriver: '550.54.15',
  threads: 4,
  loadedLibraries: ['libcudart.so.12'],
  environment: {},
  runtime: {
    format: 1,
    variant: 'gpu',
    tensorFlowVersion: '2.21.0',
    nodeApiVersion: 8,
    binding: '/b',
    tensorFlowDirectory: '/t',
    libraries: [
      { name: 'tensorflow', version: '2.21.0' },
      { name: 'nvidia-cuda-runtime-cu12', version: '12.9.79' },
      { name: 'nvidia-cudnn-cu12', version: '9.28.0.42' },
    ],
  },
  cpu: { model: 'Some CPU', logicalCores: 8, features: ['avx2'], memoryBytes: 2 ** 34 },
  ...change,
})
const cpuRuntime = {
  ...facts().runtime,
  variant: 'cpu' as const,
  libraries: [{ name: 'tensorflow-cpu', version: '2.21.0' }],
}

describe('composeDeviceReport', () => {
  it('names the GPU that ran, its driver, CUDA, cuDNN and compute capability', () => {
    expect(composeDeviceReport(facts())).toMatchObject({
      kind: 'gpu',
      title: 'NVIDIA T4',
      fallback: false,
      reason: null,
      driver: '550.54.15',
      cuda: '12.9.79',
      cudnn: '9.28.0.42',
      computeCapability: '7.5',
    })
  })

  it('does not claim CUDA or cuDNN where the CPU ran, and reports the fallback with its reason', () => {
    const report = composeDeviceReport(facts({ kind: 'cpu', gpus: [], kernelDriver: null, loadedLibraries: [] }))
    expect(report).toMatchObject({ kind: 'cpu', title: 'Some CPU, 4 threads', fallback: true, cuda: null, cudnn: null })
    expect(report.reason).toMatch(/no NVIDIA driver is loaded/)
  })

  it.each<[string, Partial<DeviceFacts>, RegExp]>([
    ['the CPU build beside a driver', { runtime: cpuRuntime }, /CPU build of TensorFlow is installed/],
    ['an old driver', { gpus: [{ ...gpu, driver: '470.82.01' }] }, /470\.82\.01 is too old/],
    ['GPUs hidden by the environment', { environment: { CUDA_VISIBLE_DEVICES: '-1' } }, /hides every GPU/],
    ['an unknown cause', { environment: { CUDA_VISIBLE_DEVICES: '0' } }, /TF_CPP_MIN_LOG_LEVEL=0/],
  ])('explains a fallback: %s', (_name, change, reason) => {
    const report = composeDeviceReport(facts({ kind: 'cpu', ...change }))
    expect(report.fallback).toBe(true)
    expect(report.reason).toMatch(reason)
  })

  it.each<[string, Partial<DeviceFacts>]>([
    ['the CPU was asked for', { options: { device: 'cpu' } }],
    ['there is neither driver nor GPU build', { runtime: cpuRuntime, gpus: [], kernelDriver: null }],
  ])('is no fallback when %s', (_name, change) => {
    expect(composeDeviceReport(facts({ kind: 'cpu', ...change }))).toMatchObject({ fallback: false, reason: null })
  })
})

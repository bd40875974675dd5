import type { DeviceReport, PrecisionSpeed } from '../../src/shared/domain'

export const fakeDevice: DeviceReport = {
  kind: 'cpu',
  title: 'Fake processor, 2 threads',
  fallback: false,
  reason: null,
  threads: 2,
  tensorflow: '0.0.0-fake',
  driver: null,
  cuda: null,
  cudnn: null,
  computeCapability: null,
  details: { note: 'no TensorFlow behind this' },
}

/** What a probe measures there. */
export const fakePrecisionSpeed: PrecisionSpeed = {
  milliseconds: { float32: 8.7, mixed: 5.2 },
  instructions: 'avx512_bf16',
}

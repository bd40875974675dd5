/** What each first step costs and where: recording, loading the graph, TensorFlow's first run. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { say } from '../../../src/main/setup/report.mjs'
import { median, pseudoBatches, startWorker, timed } from './worker.mjs'

/**
 * Settings that documentation and source name as causes of a slow first step:
 * - TF_CUDNN_USE_AUTOTUNE: TensorFlow tries cuDNN's algorithms for each shape and forgets them with the process.
 * - CUDA_CACHE_PATH: the driver compiles kernels for a GPU newer than the build, and keeps them there.
 * - CUDA_MODULE_LOADING: LAZY loads each kernel at its first use.
 * - TF_GPU_ALLOCATOR, TF_FORCE_GPU_ALLOW_GROWTH: memory asked of the driver piece by piece, or at once.
 */
const gpuVariants = (emptyCache) => [
  { title: 'as a run', environment: {} },
  { title: 'kernel cache empty', environment: { CUDA_CACHE_PATH: emptyCache } },
  { title: 'no cuDNN autotune', environment: { TF_CUDNN_USE_AUTOTUNE: '0' } },
  { title: 'CUDA modules loaded at once', environment: { CUDA_MODULE_LOADING: 'EAGER' } },
  { title: 'whole card at once', environment: { TF_FORCE_GPU_ALLOW_GROWTH: 'false' } },
  { title: 'CUDA’s own allocator', environment: { TF_GPU_ALLOCATOR: 'cuda_malloc_async' } },
]
const cpuVariants = [{ title: 'as a run', environment: {} }]

async function measureVariant(options, { title, precision, environment }) {
  say(`first steps: ${precision}, ${title}`)
  const began = performance.now()
  const subject = await startWorker(options, { precision, environment })
  try {
    const start = (performance.now() - began) / 1000
    const first = await timed(subject, 'pseudoBatch')
    const account = await subject.ask('account')
    const teacher = await timed(subject, 'teacher')
    const evaluation = await timed(subject, 'evaluation')
    await pseudoBatches(subject, 1)
    const { seconds } = await pseudoBatches(subject, options.rounds)
    return { start, first: first.answer, account, teacher, evaluation, steady: median(seconds) }
  } finally {
    await subject.end()
  }
}

const rowOf = (title, { start, first, account, teacher, evaluation, steady }) =>
  [
    title,
    ...[
      start,
      first.generator,
      first.sample,
      first.student * 10,
      account.loadSeconds,
      account.runSeconds,
      teacher.seconds,
      evaluation.seconds,
      steady,
    ].map((value) => value.toFixed(2)),
  ].join(' | ')

export async function measureFirstSteps(options) {
  const emptyCache = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-bench-cuda-'))
  const rows = []
  try {
    for (const precision of options.precisions) {
      for (const variant of options.device === 'gpu' ? gpuVariants(emptyCache) : cpuVariants) {
        const found = await measureVariant(options, { ...variant, precision })
        rows.push(rowOf(`${precision}, ${variant.title}`, found))
      }
    }
  } finally {
    fs.rmSync(emptyCache, { recursive: true, force: true })
  }
  return {
    title: 'First steps',
    words:
      'Seconds of a fresh process. The first pseudo batch by its parts; of it, in loading graphs and in TensorFlow’s runs; what is left of the three parts is recording. Teacher: five steps with the first; evaluation: 2,000 images with the first.',
    head: [
      'Precision, settings',
      'start',
      'first generator step',
      'first synthetic batch',
      'first ten updates',
      'of the three: loading',
      'of the three: runs',
      'first teacher steps',
      'first evaluation',
      'pseudo batch afterwards',
    ],
    rows,
  }
}

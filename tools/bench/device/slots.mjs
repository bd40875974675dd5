/** Two trainers at once against one: on a GPU they share the card, on a CPU they halve the threads. */
import { say } from '../../../src/main/setup/report.mjs'
import { watchCard } from './card.mjs'
import { pseudoBatches, startWorker } from './worker.mjs'

const warmUps = 2

/** Of so many workers together: pseudo batches per second, CPU seconds of one, and the card's memory. */
async function together(count, options, { precision, environment, threads = options.threads }) {
  const subjects = []
  try {
    for (let slot = 0; slot < count; slot += 1)
      subjects.push(await startWorker({ ...options, threads }, { precision, environment }))
    await Promise.all(subjects.map((subject) => pseudoBatches(subject, warmUps)))
    const card = options.device === 'gpu' ? watchCard() : null
    const began = performance.now()
    const made = await Promise.all(subjects.map((subject) => pseudoBatches(subject, options.rounds)))
    const elapsed = (performance.now() - began) / 1000
    const batches = count * options.rounds
    const memory = card?.end()?.memory
    return { perSecond: batches / elapsed, cpu: made.reduce((sum, { cpu }) => sum + cpu, 0) / batches, memory }
  } finally {
    await Promise.all(subjects.map((subject) => subject.end()))
  }
}

/** TensorFlow's own numbers of threads, which a number in the settings would replace. */
const threadsOf = (kernel, between) => ({
  threads: 0,
  environment: {
    TF_NUM_INTRAOP_THREADS: String(kernel),
    OMP_NUM_THREADS: String(kernel),
    TF_NUM_INTEROP_THREADS: String(between),
  },
})

function cpuCases(threads) {
  const half = Math.max(1, Math.floor(threads / 2))
  const plural = (count) => `${count} ${count === 1 ? 'thread' : 'threads'}`
  const one = (kernel, between) => ({
    title: `one trainer, ${plural(kernel)}, ${between} between ops`,
    count: 1,
    ...threadsOf(kernel, between),
  })
  const two = (kernel, between) => ({
    title: `two trainers, ${plural(kernel)} each, ${between} between ops`,
    count: 2,
    ...threadsOf(kernel, between),
  })
  return [one(threads, threads), one(threads, 1), one(half, 1), two(half, half), two(half, threads), two(threads, 1)]
}

const gpuCases = [
  { title: 'one trainer', count: 1 },
  { title: 'two trainers', count: 2 },
]

export async function measureSlots(options) {
  const rows = []
  const cases = options.device === 'gpu' ? gpuCases : cpuCases(options.threads)
  for (const precision of options.precisions) {
    for (const { title, count, ...own } of cases) {
      say(`slots: ${precision}, ${title}`)
      const { perSecond, cpu, memory } = await together(count, options, { precision, ...own })
      rows.push(
        [
          `${precision}, ${title}`,
          perSecond.toFixed(3),
          cpu.toFixed(2),
          ...(options.device === 'gpu' ? [memory === undefined ? 'not told' : String(memory)] : []),
        ].join(' | '),
      )
    }
  }
  return {
    title: 'One slot and two',
    words: 'All trainers of a row at the same time.',
    head: [
      'Precision, trainers',
      'pseudo batches per second, together',
      'CPU seconds of a pseudo batch',
      ...(options.device === 'gpu' ? ['MiB in use on the card'] : []),
    ],
    rows,
  }
}

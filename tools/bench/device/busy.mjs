/** How much of the time a GPU computes while pseudo batches follow each other, and the memory of one trainer. */
import { say } from '../../../src/main/setup/report.mjs'
import { watchCard } from './card.mjs'
import { median, pseudoBatches, startWorker } from './worker.mjs'

const goal = 0.9
/** Pseudo batches before the card is watched; the first are slow. */
const warmUps = 3
const share = (value) => `${(100 * value).toFixed(0)} %`

export async function measureBusy(options) {
  if (options.device !== 'gpu') return null
  const rows = []
  for (const precision of options.precisions) {
    say(`busy: ${precision}`)
    const subject = await startWorker(options, { precision })
    try {
      await pseudoBatches(subject, warmUps)
      const before = await subject.ask('account')
      const card = watchCard()
      const began = performance.now()
      const { seconds } = await pseudoBatches(subject, 10 * options.rounds)
      const elapsed = (performance.now() - began) / 1000
      const found = card.end()
      const after = await subject.ask('account')
      const inRuns = (after.runSeconds - before.runSeconds) / elapsed
      rows.push(
        [
          precision,
          median(seconds).toFixed(4),
          found ? `${share(found.busy)}${found.busy >= goal ? '' : ` (goal ${share(goal)}, missed)`}` : 'not told',
          share(inRuns),
          found ? String(found.memory) : 'not told',
        ].join(' | '),
      )
    } finally {
      await subject.end()
    }
  }
  return {
    title: 'How busy the GPU is',
    words: 'Pseudo batches in a row. The card’s own figure counts the time in which a kernel ran.',
    head: ['Precision', 'seconds of a pseudo batch', 'GPU busy', 'process in TensorFlow', 'MiB in use on the card'],
    rows,
  }
}

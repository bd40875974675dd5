/** What `npm run bench:gpu` runs, one after another. */
import { SetupError } from '../../../src/main/setup/report.mjs'
import { precisions, readOptions } from '../options.mjs'

const rounds = 10

/**
 * The commands of all that docs/benchmarks-gpu.md says: the comparison, then the device by itself with the same sizes.
 * @param {string[]} given options of npm run bench
 * @returns {string[][]} scripts of tools/ with their parameters
 * Errors: SetupError without a reference, whose figures are half of what is written.
 */
export function commandsOfCard(given) {
  const comparison = ['--device', 'gpu', '--precision', precisions.join(), ...given]
  const { reference, device, precision, threads, batch } = readOptions(comparison)
  if (reference === undefined || device !== 'gpu')
    throw new SetupError('npm run bench:gpu wants --reference PATH, a checkout of illidanlab/ABD, and no other device.')
  const sizes = ['--threads', String(threads), '--batch', String(batch)]
  return [
    ['bench.mjs', ...comparison],
    ['bench-device.mjs', '--device', 'gpu', '--precision', precision, ...sizes, '--rounds', String(rounds), '--write'],
  ]
}

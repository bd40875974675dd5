/** What the benchmark's command was asked for. */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError } from '../../src/main/setup/report.mjs'
import { listOf, oneOf, wholeOf } from './flags.mjs'
import { groups, wayNames } from './variants.mjs'

/** The benchmarks, each with what is timed in it. */
export const suites = {
  zskt: ['pseudoBatch', 'pseudoBatchVaccine', 'teacher', 'evaluation', 'peak'],
  inversion: ['synthesis', 'ood'],
}
export const precisions = ['float32', 'tf32', 'mixed']

export const workerBuilderOf = (checkout) => path.resolve(checkout, 'tools', 'bench', 'worker.mjs')

const flags = {
  reference: { type: 'string' },
  python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
  repeats: { type: 'string', default: '10' },
  'warm-ups': { type: 'string', default: '2' },
  preliminary: { type: 'string', default: '2' },
  threads: { type: 'string', default: '2' },
  batch: { type: 'string', default: '128' },
  device: { type: 'string', default: 'cpu' },
  precision: { type: 'string', default: 'float32' },
  eager: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  baselines: { type: 'string' },
  variants: { type: 'string' },
  suite: { type: 'string', default: 'zskt' },
  against: { type: 'string' },
  profile: { type: 'boolean', default: false },
}

function requirePlaces({ reference, against }) {
  if (
    reference !== undefined &&
    !['solver.py', 'zskt/solver.py'].some((file) => fs.existsSync(path.join(reference, file)))
  )
    throw new SetupError(
      `--reference wants a checkout of illidanlab/ABD, got "${reference}", which has no zskt/solver.py.`,
    )
  if (against !== undefined && !fs.existsSync(workerBuilderOf(against)))
    throw new SetupError(
      `--against wants another checkout of this project, got "${against}", which has no tools/bench/worker.mjs.`,
    )
}

/** The authors' solver takes as long as all others together: with more than float32 it has to be asked for. */
function baselinesOf(values, asked) {
  if (values.baselines !== undefined) return listOf(values, 'baselines', [...groups, 'published'])
  return asked.some((precision) => precision !== 'float32') ? groups : [...groups, 'published']
}

/** The command's options, checked. Errors: SetupError that names the option, what it wants and what it got. */
export function readOptions(args = process.argv.slice(2)) {
  const { values } = parseArgs({ args, options: flags })
  oneOf(values, 'suite', Object.keys(suites))
  oneOf(values, 'device', ['cpu', 'gpu'])
  requirePlaces(values)
  const asked = listOf(values, 'precision', precisions)
  if (values.profile && values.device === 'gpu')
    throw new SetupError(
      '--profile reads the times of kernels that end before the next begins: leave --device gpu out.',
    )
  if (asked.includes('tf32') && values.device !== 'gpu')
    throw new SetupError('--precision tf32 is a format of NVIDIA GPUs: add --device gpu.')
  if (values.suite !== 'zskt' && asked.some((precision) => precision !== 'float32'))
    throw new SetupError(`--suite ${values.suite} compares in float32 only, got --precision ${values.precision}.`)
  return {
    ...values,
    precisions: asked,
    ...(values.variants === undefined ? {} : { variants: listOf(values, 'variants', wayNames(values.device)) }),
    baselines: baselinesOf(values, asked),
    repeats: wholeOf(values, 'repeats', 1),
    warmUps: wholeOf(values, 'warm-ups', 0),
    preliminary: wholeOf(values, 'preliminary', 1),
    threads: wholeOf(values, 'threads', 1),
    batch: wholeOf(values, 'batch', 8),
  }
}

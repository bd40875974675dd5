#!/usr/bin/env node
/**
 * Plants faults in a temporary copy of the tree, one after another, and expects the parity tests to fail: the proof
 * that their bounds still tell a wrong formula from rounding. Exits with 1 if a fault goes unseen, or if the tests fail
 * without one. Not part of `npm test`; see CONTRIBUTING.md.
 *
 *   node tools/plant-faults.mjs [FAULT ...]
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { failWith } from './run/child.mjs'
import { countSuite, summaryLine } from './run/suites.mjs'
import { readJson } from '../src/main/setup/files.mjs'
import { projectRoot } from './setup/paths.mjs'

const losses = 'src/main/engine/maths/losses'
const optimizers = 'src/main/engine/families/optimizers'

/** Each replaces one text of one file, which must occur there exactly once, and names the parity tests that must see it. */
const faults = [
  {
    id: 'iterations',
    title: 'K − 1 iterations of the fixed point',
    file: `${losses}/selfRetrospection.ts`,
    find: 'iteration < options.iterations;',
    replace: 'iteration < options.iterations - 1;',
    tests: ['unlearnOptimizer'],
  },
  {
    id: 'live-target',
    title: 'the outer loss’s target not detached where the reference detaches it',
    file: `${losses}/selfRetrospection.ts`,
    find: '(options.constantTarget ?? true) ? clean() : undefined',
    replace: 'undefined',
    tests: ['selfRetrospection'],
  },
  {
    id: 'detached-target',
    title: 'the outer loss’s target detached where the reference does not detach it',
    file: `${losses}/selfRetrospection.ts`,
    find: '(options.constantTarget ?? true) ? clean() : undefined',
    replace: 'clean()',
    tests: ['unlearnOptimizer'],
  },
  {
    id: 'detached-teacher',
    title: 'no gradient through the teacher’s logits in the vaccine’s penalty',
    file: `${losses}/shufflingVaccine.ts`,
    find: 'suspectKl(shuffled, teacherLogits)',
    replace: 'suspectKl(shuffled, detach(teacherLogits))',
    tests: ['shufflingVaccine'],
  },
  {
    id: 'all-images',
    title: 'the vaccine’s penalty divided by all images instead of the suspected ones',
    file: `${losses}/shufflingVaccine.ts`,
    find: 'const suspected = sum<tf.Scalar>(mask)',
    replace: 'const suspected = tf.scalar(mask.shape[0])',
    tests: ['shufflingVaccine'],
  },
  {
    id: 'temperature',
    title: 'T instead of T² before a divergence at temperature T',
    file: `${losses}/divergence.ts`,
    find: 'temperature * temperature',
    replace: 'temperature',
    tests: ['inversion.', 'inversionRelatives', 'unlearnOptimizer'],
  },
  {
    id: 'batch-mean',
    title: 'mean over images and classes instead of images alone',
    file: `${losses}/divergence.ts`,
    find: "reduction === 'mean' ? images * classes : images",
    replace: 'images * classes',
    tests: ['inversion.', 'inversionRelatives', 'unlearnOptimizer'],
  },
  {
    id: 'attention',
    title: 'attention maps that are not normalised to length 1',
    file: `${losses}/attention.ts`,
    find: 'return tf.mul(flat, tf.rsqrt(tf.maximum(sumKept(tf.mul(flat, flat), [1]), smallestSquare)))',
    replace: 'return flat',
    tests: ['zskt.'],
  },
  {
    id: 'adam-correction',
    title: 'Adam without the correction of its second moment',
    file: `${optimizers}/adam.ts`,
    find: 'tf.div(tf.sqrt(second), tf.sqrt(correction(beta2)))',
    replace: 'tf.sqrt(second)',
    tests: ['zskt.'],
  },
  {
    id: 'adam-first-correction',
    title: 'Adam without the correction of its first moment',
    file: `${optimizers}/adam.ts`,
    find: 'tf.div(learningRate, correction(beta1))',
    replace: 'learningRate',
    tests: ['zskt.'],
  },
  {
    id: 'adam-epsilon',
    title: 'Adam’s ε inside the root',
    file: `${optimizers}/adam.ts`,
    find: 'tf.add(tf.div(tf.sqrt(second), tf.sqrt(correction(beta2))), epsilon)',
    replace: 'tf.sqrt(tf.add(tf.div(second, correction(beta2)), epsilon))',
    tests: ['unlearnOptimizer'],
  },
  {
    id: 'weight-decay',
    title: 'SGD’s weight decay after momentum instead of before it',
    file: `${optimizers}/sgd.ts`,
    find: 'subtractFlat(parameters, tf.mul(direction, learningRate) as tf.Tensor1D)',
    replace:
      'subtractFlat(parameters, tf.mul(tf.add(direction, tf.mul(flatParameters(parameters), weightDecay)), learningRate) as tf.Tensor1D)',
    also: { find: 'if (weightDecay > 0) direction', replace: 'if (weightDecay < 0) direction' },
    tests: ['unlearnOptimizer'],
  },
  {
    id: 'running-variance',
    title: 'the biased variance in the running statistics',
    file: 'src/main/engine/maths/ops/batchNorm.ts',
    find: 'mean: batchMean as tf.Tensor1D, unbiasedVariance: variance as tf.Tensor1D }\n}\n\n/** The same',
    replace:
      'mean: batchMean as tf.Tensor1D, unbiasedVariance: tf.mul(variance as tf.Tensor1D, 1 - x.shape[3] / x.size) }\n}\n\n/** The same',
    tests: ['zsktNetworks'],
  },
  {
    id: 'norm-epsilon',
    title: 'batch norm’s ε of another library, 1e-3',
    file: 'src/main/engine/maths/ops/batchNorm.ts',
    find: 'batchNormEpsilon = 1e-5',
    replace: 'batchNormEpsilon = 1e-3',
    tests: ['zsktNetworks'],
  },
]

/** What the tests need of the tree; the packages and the reference folder stay where they are. */
function copyTree(folder) {
  const copy = path.join(folder, 'tree')
  fs.mkdirSync(copy)
  for (const name of ['src', 'test', 'tools', 'resources', 'package.json', 'vitest.config.ts'])
    fs.cpSync(path.join(projectRoot, name), path.join(copy, name), { recursive: true })
  for (const name of fs.readdirSync(projectRoot).filter((entry) => entry.startsWith('tsconfig')))
    fs.cpSync(path.join(projectRoot, name), path.join(copy, name))
  fs.symlinkSync(fs.realpathSync(path.join(projectRoot, 'node_modules')), path.join(copy, 'node_modules'))
  const shared = path.join(projectRoot, '..', 'shared')
  if (!fs.existsSync(shared)) throw Object.assign(new Error('../shared is absent.'), { name: 'SetupError' })
  fs.symlinkSync(fs.realpathSync(shared), path.join(folder, 'shared'))
  return copy
}

function replaceOnce(text, { find, replace }, where) {
  const parts = text.split(find)
  if (parts.length !== 2)
    throw Object.assign(
      new Error(
        `${where} has the text "${find}" ${parts.length - 1} times, not once: bring the fault up to date in tools/plant-faults.mjs.`,
      ),
      { name: 'SetupError' },
    )
  return parts.join(replace)
}

function runTests(copy, tests) {
  const report = path.join(copy, 'report.json')
  fs.rmSync(report, { force: true })
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(copy, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...['--project', 'tf', '--maxWorkers', '1', '--reporter=json', `--outputFile.json=${report}`],
      ...tests.map((name) => `test/parity/${name}`),
    ],
    { cwd: copy, stdio: 'ignore' },
  )
  return { totals: countSuite(readJson(report), status), messages: messagesOf(readJson(report)) }
}

/** The first line of each failure. */
const messagesOf = (report) =>
  (report?.testResults ?? []).flatMap((file) =>
    file.assertionResults.flatMap((test) => test.failureMessages.map((message) => message.split('\n')[0])),
  )

function plant(copy, fault) {
  const file = path.join(copy, fault.file)
  const original = fs.readFileSync(file, 'utf8')
  const changed = [fault, ...(fault.also ? [fault.also] : [])].reduce(
    (text, change) => replaceOnce(text, change, fault.file),
    original,
  )
  fs.writeFileSync(file, changed)
  try {
    return runTests(copy, fault.tests)
  } finally {
    fs.writeFileSync(file, original)
  }
}

/** A failure counts where values were compared, not where the patched file did not run. */
const isSeen = ({ messages }) => messages.some((message) => message.startsWith('AssertionError'))

function main() {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter((id) => !faults.some((fault) => fault.id === id))
  if (unknown.length > 0)
    throw Object.assign(new Error(`Faults are ${faults.map(({ id }) => id).join(', ')}; got ${unknown.join(', ')}.`), {
      name: 'SetupError',
    })
  const chosen = wanted.length > 0 ? faults.filter(({ id }) => wanted.includes(id)) : faults
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'plant-faults-'))
  let missed = 0
  try {
    const copy = copyTree(folder)
    const { totals } = runTests(copy, [...new Set(chosen.flatMap(({ tests }) => tests))])
    process.stdout.write(`without a fault: ${summaryLine(totals)}\n`)
    if (totals.failed > 0) {
      missed++
      for (const name of totals.failedNames) process.stdout.write(`  failed: ${name}\n`)
    }
    for (const fault of chosen) {
      const result = plant(copy, fault)
      const seen = isSeen(result)
      if (!seen) missed++
      process.stdout.write(`${seen ? 'seen' : 'NOT SEEN'}: ${fault.title} (${summaryLine(result.totals)})\n`)
      if (result.messages[0]) process.stdout.write(`  ${result.messages[0]}\n`)
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  process.stdout.write(missed === 0 ? 'Every fault is seen.\n' : `${missed} of them went wrong.\n`)
  process.exitCode = missed === 0 ? 0 : 1
}

try {
  main()
} catch (error) {
  failWith(error)
}

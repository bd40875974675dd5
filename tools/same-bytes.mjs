#!/usr/bin/env node
/**
 * Trains the same models in many processes, all from one seed, and compares everything that they leave: weights, last
 * state, recorded numbers and images. One line per model; ends with 1 where a process made anything else.
 *
 *   npm run same-bytes [-- --processes 20] [--threads 1] [--models all|slice|large] [--only PART OF A NAME]
 *                         [--precision float32|mixed]
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './run/bundle.mjs'
import { failWith } from './run/child.mjs'
import { differing, outcomesOf } from './same-bytes/processes.mjs'
import { projectRoot } from './setup/paths.mjs'
import { say } from '../src/main/setup/report.mjs'

async function main() {
  const { values } = parseArgs({
    options: {
      processes: { type: 'string', default: '20' },
      threads: { type: 'string', default: '1' },
      models: { type: 'string', default: 'all' },
      only: { type: 'string', default: '' },
      precision: { type: 'string', default: 'float32' },
    },
  })
  if (!(Number(values.processes) >= 2)) throw new Error(`--processes wants 2 or more, not ${values.processes}.`)
  const script = await bundle('test/sameBytes/process.ts', path.join(projectRoot, 'out', 'same-bytes'))
  const outcomes = await outcomesOf(script, {
    processes: Number(values.processes),
    threads: Number(values.threads),
    parameters: [values.models, values.only, values.precision],
    onEnd: (done) => say(`${done} of ${values.processes} processes`),
  })
  let total = 0
  for (const [model, made] of outcomes) {
    const different = differing(made)
    total += different
    process.stdout.write(`${String(different).padStart(4)} of ${made.length} different: ${model}\n`)
  }
  process.exitCode = total === 0 ? 0 : 1
}

main().catch(failWith)

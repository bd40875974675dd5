#!/usr/bin/env node
/**
 * What the device does beside single figures: what the first steps cost and under which settings, how busy a GPU is,
 * and what two slots at once make against one.
 *
 *   npm run bench:device -- [--device cpu|gpu] [--precision float32,tf32,mixed] [--threads 2] [--batch 128]
 *                           [--rounds 5] [--only first,busy,slots] [--write] [--json]
 *
 * --rounds: pseudo batches of which a median is taken; twice as many keep a device busy for the shares.
 * --write: also into docs/benchmarks-gpu.md (docs/benchmarks.md for a CPU), in place of what an earlier run left there.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { measureFirstSteps } from './bench/device/firstSteps.mjs'
import { measureBusy } from './bench/device/busy.mjs'
import { writeSections } from './bench/device/report.mjs'
import { measureSlots } from './bench/device/slots.mjs'
import { listOf, oneOf, wholeOf } from './bench/flags.mjs'
import { precisions } from './bench/options.mjs'
import { buildWorker } from './bench/worker.mjs'
import { projectRoot } from './setup/paths.mjs'
import { failWith } from './run/child.mjs'

const parts = { first: measureFirstSteps, busy: measureBusy, slots: measureSlots }

function readOptions() {
  const { values } = parseArgs({
    options: {
      device: { type: 'string', default: 'cpu' },
      precision: { type: 'string', default: 'float32' },
      threads: { type: 'string', default: '2' },
      batch: { type: 'string', default: '128' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: Object.keys(parts).join() },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    device: oneOf(values, 'device', ['cpu', 'gpu']),
    precisions: listOf(values, 'precision', precisions),
    only: listOf(values, 'only', Object.keys(parts)),
    threads: wholeOf(values, 'threads', 1),
    batch: wholeOf(values, 'batch', 8),
    rounds: wholeOf(values, 'rounds', 1),
  }
}

async function main() {
  const options = readOptions()
  const { device, threads, batch, rounds, only, write, json } = options
  const worker = await buildWorker()
  const sections = []
  for (const part of only) {
    const section = await parts[part]({ ...options, worker })
    if (section) sections.push(section)
  }
  if (json) process.stdout.write(`${JSON.stringify(sections)}\n`)
  const file = device === 'gpu' ? 'benchmarks-gpu.md' : 'benchmarks.md'
  writeSections(sections, {
    file: write ? path.join(projectRoot, 'docs', file) : null,
    command: `npm run bench:device -- --device ${device} --precision ${options.precisions} --threads ${threads} --batch ${batch} --rounds ${rounds} --only ${only}`,
    print: !json,
  })
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

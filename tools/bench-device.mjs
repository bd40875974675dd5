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
import { buildWorker } from './bench/worker.mjs'
import { projectRoot } from './setup/paths.mjs'
import { failWith } from './run/child.mjs'

const parts = { first: measureFirstSteps, busy: measureBusy, slots: measureSlots }

async function main() {
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
  const { device } = values
  const worker = await buildWorker()
  const options = {
    device,
    worker,
    precisions: values.precision.split(','),
    threads: Number(values.threads),
    batch: Number(values.batch),
    rounds: Number(values.rounds),
  }
  const sections = []
  for (const part of values.only.split(',')) {
    const section = await parts[part]?.(options)
    if (section) sections.push(section)
  }
  if (values.json) process.stdout.write(`${JSON.stringify(sections)}\n`)
  const file = device === 'gpu' ? 'benchmarks-gpu.md' : 'benchmarks.md'
  writeSections(sections, {
    file: values.write ? path.join(projectRoot, 'docs', file) : null,
    command: `npm run bench:device -- --device ${device} --precision ${values.precision} --threads ${values.threads} --batch ${values.batch}`,
    print: !values.json,
  })
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

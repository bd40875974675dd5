#!/usr/bin/env node
/**
 * Logits and gradients of one training step of WRN-16-2 and WRN-16-1 in float32 and in mixed precision, and in
 * PyTorch's autocast(bfloat16), each against double precision (PyTorch's). One line per network and precision.
 *
 *   npm run precision -- [--python PYTHON]
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './run/bundle.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const percent = (share) => `${(100 * share).toPrecision(2)} %`.padStart(12)

function say(name, { logits, gradients, worstWeight }) {
  process.stdout.write(`${name.padEnd(28)}${percent(logits)}${percent(gradients)}${percent(worstWeight)}\n`)
}

async function main() {
  const { values } = parseArgs({ options: { python: { type: 'string', default: process.env.PYTHON ?? 'python3' } } })
  const script = await bundle('test/precision/worker.ts', path.join(projectRoot, 'out', 'precision'))
  const judge = path.join(projectRoot, 'test', 'precision', 'float64.py')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-precision-'))
  try {
    process.stdout.write(`${'relative errors'.padEnd(28)}      logits   gradients worst weight\n`)
    for (const precision of ['float32', 'mixed']) {
      execFileSync(process.execPath, [script, folder, precision], { stdio: ['ignore', 'ignore', 'inherit'] })
      for (const network of ['WRN-16-2', 'WRN-16-1']) {
        const { ours, autocast } = JSON.parse(execFileSync(values.python, [judge, folder, network]))
        say(`${network}, ${precision}`, ours)
        if (precision === 'mixed') say(`${network}, PyTorch autocast`, autocast)
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

main().catch(failWith)

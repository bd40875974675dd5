#!/usr/bin/env node
/**
 * Everything that docs/benchmarks-gpu.md says, by one command on a machine with a card: the comparison in every
 * precision, then first steps, how busy the card is, and two slots on it.
 *
 *   npm run bench:gpu -- --reference PATH [--python PYTHON] [options of npm run bench]
 */
import path from 'node:path'
import { precisions } from './bench/options.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const list = precisions.join()
const runs = [
  ['bench.mjs', '--device', 'gpu', '--precision', list, ...process.argv.slice(2)],
  ['bench-device.mjs', '--device', 'gpu', '--precision', list, '--rounds', '10', '--write'],
]

async function main() {
  for (const [script, ...parameters] of runs) {
    const code = await runInForeground(process.execPath, [path.join(projectRoot, 'tools', script), ...parameters])
    if (code !== 0) return code
  }
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

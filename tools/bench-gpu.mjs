#!/usr/bin/env node
/**
 * Everything that docs/benchmarks-gpu.md says, by one command on a machine with a card: the comparison in every
 * precision, then first steps, how busy the card is, and two slots on it.
 *
 *   npm run bench:gpu -- --reference PATH [--python PYTHON] [options of npm run bench]
 */
import path from 'node:path'
import { commandsOfCard } from './bench/device/everything.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

/** A command that a signal ended. */
const interrupted = (code) => code > 128

/** What the first finds wrong costs nobody the second. */
async function main() {
  let worst = 0
  for (const [script, ...parameters] of commandsOfCard(process.argv.slice(2))) {
    const code = await runInForeground(process.execPath, [path.join(projectRoot, 'tools', script), ...parameters])
    worst = Math.max(worst, code)
    if (interrupted(code)) break
  }
  return worst
}

main().then((code) => {
  process.exitCode = code
}, failWith)

#!/usr/bin/env node
/**
 * Kills, failing file calls and statements, and power cuts, in random order, against control and trainers that compute
 * next to nothing: says what was lost, and ends with 1 where something was.
 *
 *   npm run torture -- --minutes 10 [--seed S] [--from TRIAL] [--only "power cut"]
 *   npm run torture -- --all [--only control]     each call and each step once
 */
import path from 'node:path'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'torture')
const scripts = ['test/faults/preload.ts', 'test/faults/smallTrainer.ts', 'test/fakes/control.ts']

async function main() {
  for (const script of scripts) await bundle(script, outDir)
  const driver = await bundle('test/faults/torture.ts', outDir)
  const env = { ...process.env, ABD_FAULT_SCRIPTS: outDir }
  process.exitCode = await runInForeground(process.execPath, [driver, ...process.argv.slice(2)], {
    cwd: projectRoot,
    env,
  })
}

main().catch(failWith)

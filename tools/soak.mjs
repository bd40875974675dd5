#!/usr/bin/env node
/**
 * Long use, condensed: thousands of runs of trainers that compute nothing, then one real trainer for an hour. Says what
 * grows, and ends with 1 where something does.
 *
 *   npm run soak [-- --runs 20000] [--minutes 60] [--only runs|trainer]
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './run/build.mjs'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'soak')
const node = (...parameters) => runInForeground(process.execPath, parameters, { cwd: projectRoot })

const parts = {
  async runs({ runs }) {
    const driver = await bundle('test/soak/manyRuns.ts', outDir)
    return node(driver, await bundle('test/fakes/control.ts', outDir), runs)
  },
  async trainer({ minutes }) {
    const driver = await bundle('test/soak/oneTrainer.ts', outDir)
    return node(driver, path.join(projectRoot, 'out', 'main', 'control.js'), minutes)
  },
}

async function main() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20000' },
      minutes: { type: 'string', default: '60' },
      only: { type: 'string' },
    },
  })
  await ensureBuilt()
  const chosen = values.only === undefined ? Object.keys(parts) : [values.only]
  for (const id of chosen) {
    if (!(id in parts)) throw new Error(`--only takes one of ${Object.keys(parts).join(', ')}; got ${id}`)
    process.exitCode = Math.max(process.exitCode ?? 0, await parts[id](values))
  }
}

main().catch(failWith)

#!/usr/bin/env node
/**
 * How well the triage tells poisoned teachers from clean ones: trains teachers of the quick look's size on Signs (five
 * attacks and clean ones, several seeds), asks the triage about each, and says areas under ROC curves with their
 * intervals, how often the true target class comes first, and the calibration of the score. What is there is not done
 * again. About a minute a teacher on two cores.
 *
 *   npm run triage -- [--folder FOLDER] [--seeds 3] [--clean 10] [--images inverted,uniform]
 */
import { spawn } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { listOf, wholeOf } from './bench/flags.mjs'
import { bundle } from './run/bundle.mjs'
import { failWith } from './run/child.mjs'
import { cacheDirectory, projectRoot } from './setup/paths.mjs'

const options = {
  folder: { type: 'string', default: path.join(os.tmpdir(), 'abd-triage') },
  seeds: { type: 'string', default: '3' },
  clean: { type: 'string', default: '10' },
  images: { type: 'string', default: 'inverted,uniform' },
}

/** What the triage's `images` may be of a teacher alone, which has no student that keeps any. */
const madeImages = ['inverted', 'uniform', 'gaussian']

async function measured(asked) {
  const script = await bundle('test/triage/worker.ts', path.join(projectRoot, 'out', 'triage'))
  const worker = spawn(process.execPath, [script, JSON.stringify(asked)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`The worker ended with ${code}.`))))
  })
  const found = []
  for await (const line of readline.createInterface({ input: worker.stdout })) {
    if (!line.startsWith('{')) continue
    found.push(JSON.parse(line))
    process.stderr.write(`${found.length}: ${found.at(-1).id}\n`)
  }
  await ended
  return found
}

async function main() {
  const { values } = parseArgs({ options })
  const sources = listOf(values, 'images', madeImages)
  const asked = {
    folder: path.resolve(values.folder),
    cache: cacheDirectory(),
    sources,
    seeds: wholeOf(values, 'seeds', 0),
    clean: wholeOf(values, 'clean', 0),
  }
  const found = await measured(asked)
  const { module } = await runnerImport(path.join(projectRoot, 'test', 'triage', 'report.ts'), {
    configFile: false,
    root: projectRoot,
  })
  process.stdout.write(module.reportOf(found, sources))
}

main().catch(failWith)

#!/usr/bin/env node
/**
 * Runs the demonstration, the experiment of the start page's button, with several seeds, one after another, and holds
 * each against what the page promises.
 *
 *   npm run demonstration -- [--seeds 0,1,…,9] [--json] [--write] [--busy] [--workspace FOLDER]
 *
 * --write: resources/demonstration.json after each seed, which the page and the README tell of, with the configuration
 * that was measured; npm test holds the preset against it. Other seeds of the same configuration stay in it. Ends with 1
 * where a seed falls short. Wants a quiet machine: the time is part of the promise. --busy: the machine has other work, no
 * time is written. --workspace: where the runs stay; without it they are deleted.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import prettier from 'prettier'
import { abdOutput, timedRun } from './bench/wholeRun.mjs'
import { machine } from './bench/instructions.mjs'
import { fallsShort, promise, summaryLines } from './demonstration/promise.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'

const results = path.join(projectRoot, 'resources', 'demonstration.json')

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: promise.seeds.join(',') },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      busy: { type: 'boolean', default: false },
      workspace: { type: 'string' },
    },
  })
  const seeds = values.seeds.split(',').map(Number)
  if (!seeds.every(Number.isSafeInteger)) throw new SetupError(`--seeds wants whole numbers, not "${values.seeds}".`)
  return { ...values, seeds }
}

const ratesOf = ({ evaluation }) => ({ accuracy: evaluation.accuracy, asr: evaluation.asr })

async function measureSeed(seed, { workspace, busy }) {
  const { id, seconds } = await timedRun(workspace, ['--preset', 'demonstration', '--seed', String(seed)])
  const { stages, config } = JSON.parse(await abdOutput(['show', id, '--json', '--workspace', workspace]))
  const done = (kind) => stages.filter((stage) => stage.kind === kind).map(ratesOf)
  const [teacher] = done('teacher')
  return { config, measured: { seed, seconds: busy ? null : Math.round(seconds), teacher, students: done('student') } }
}

/** Of all seeds: seed and name are a run's own. */
const common = (config) =>
  Object.fromEntries(Object.entries(config).filter(([field]) => field !== 'seed' && field !== 'name'))

/** Other seeds of the same configuration stay in the file. */
async function write({ measured, config }) {
  const former = fs.existsSync(results) ? JSON.parse(fs.readFileSync(results, 'utf8')) : null
  const isSame = JSON.stringify(config) === JSON.stringify(former?.config)
  const kept = isSame ? former.measured.filter((entry) => !measured.some(({ seed }) => seed === entry.seed)) : []
  const all = [...kept, ...measured].sort((left, right) => left.seed - right.seed)
  const text = JSON.stringify({ measured: all, config })
  const options = await prettier.resolveConfig(results)
  fs.writeFileSync(results, await prettier.format(text, { ...options, filepath: results }))
}

async function measureAll({ seeds, write: writes, busy, workspace: kept }) {
  const { cpu, cores } = machine()
  const facts = { date: new Date().toISOString().slice(0, 10), machine: `${cpu}, ${cores} cores` }
  const result = { measured: [], config: null }
  const workspace = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'abd-demonstration-'))
  try {
    for (const seed of seeds) {
      const { config, measured } = await measureSeed(seed, { workspace, busy })
      result.config = common(config)
      result.measured.push({ ...measured, ...facts })
      say(summaryLines([measured]).join('\n'))
      if (writes) await write(result)
    }
  } finally {
    if (kept === undefined) fs.rmSync(workspace, { recursive: true, force: true })
  }
  return result
}

async function main() {
  const options = readOptions()
  await ensureBuilt()
  const result = await measureAll(options)
  const short = result.measured.flatMap(fallsShort)
  const lines = [...summaryLines(result.measured), ...short]
  process.stdout.write(options.json ? `${JSON.stringify({ ...result, short })}\n` : `${lines.join('\n')}\n`)
  return short.length === 0 ? 0 : 1
}

main().then((code) => {
  process.exitCode = code
}, failWith)

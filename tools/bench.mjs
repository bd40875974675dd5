#!/usr/bin/env node
/**
 * Benchmark of the training engine, alone or interleaved with PyTorch baselines from a checkout of illidanlab/ABD.
 *
 *   npm run bench -- [--reference PATH] [--python PYTHON] [--precision float32,tf32,mixed] [--json]
 *                    [--repeats 10] [--warm-ups 2] [--preliminary 2] [--threads 2] [--batch 128] [--device cpu|gpu]
 *                    [--baselines float32,tf32,autocast,published] [--variants eager,channels_last,…]
 *                    [--suite zskt|inversion] [--eager]
 *   npm run bench -- --against PATH [the same options]
 *   npm run bench -- --profile [--precision float32,mixed] [--repeats 10] [--batch 128] [--json]
 *
 * --precision: ours runs in each of them, in one run; the ratios of the JSON line are those of the first.
 * --variants: of PyTorch, by name; all by default. Compiling takes minutes, so a quick look leaves it out.
 * --preliminary: repeats of the short round in which the fastest PyTorch variant of each part is chosen.
 * --against: interleaved with another checkout of this project, built by its own tools; ratios are its time / ours.
 * --profile: where the time of our steps goes, kernel by kernel, on one thread; nothing is compared or written.
 * Writes docs/benchmarks.md when compared with a reference (docs/benchmarks-mixed.md for mixed alone,
 * docs/benchmarks-gpu.md for a GPU, docs/benchmarks-inversion.md for the inversion suite);
 * --json prints one line instead of the tables.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { measure } from './bench/measure.mjs'
import { numbersQuestion, numbersWritten } from './bench/numbers.mjs'
import { readOptions, suites, workerBuilderOf } from './bench/options.mjs'
import { chooseBaselines } from './bench/preliminary.mjs'
import { profileSection, profileSteps } from './bench/profile.mjs'
import { writeReport } from './bench/report.mjs'
import { measureRun } from './bench/runMemory.mjs'
import { startSubject } from './bench/subject.mjs'
import { otherCheckout, ourSubjects, publishedSubjects } from './bench/subjects.mjs'
import { summarize } from './bench/summary.mjs'
import { buildWorker } from './bench/worker.mjs'
import { projectRoot } from './setup/paths.mjs'
import { say } from '../src/main/setup/report.mjs'
import { failWith } from './run/child.mjs'

/** Fewer are no figure to keep. */
const leastRepeats = 10
/** Pseudo batches before peak memory is read, in processes that do nothing else. */
const memoryBatches = 5

/** The worker of another checkout, whose packages must be installed. */
async function workerOf(checkout) {
  const { buildWorker: buildOther } = await import(pathToFileURL(workerBuilderOf(checkout)).href)
  return buildOther()
}

/** What ours is compared with, and how the variants among them were chosen. */
async function opponents(options, phases, cache) {
  const none = { subjects: [], variants: [], report: undefined, numbers: {} }
  if (options.against !== undefined)
    return { ...none, subjects: [otherCheckout(await workerOf(options.against), options)] }
  if (options.reference === undefined) return none
  const published = publishedSubjects(options)
  if (options.suite !== 'zskt') return { ...none, subjects: published }
  const chosen = await chooseBaselines(options, { phases, cache })
  return { ...chosen, subjects: [...chosen.subjects, ...published] }
}

/** Peak memory of fresh processes after a few pseudo batches: a real run's control and trainer, and the baseline. */
async function measureMemory(definitions, { batch, threads, device }) {
  const memory = { ours: await measureRun({ batch, threads, device, pseudoBatches: memoryBatches }) }
  for (const definition of definitions.filter(({ name }) => name === 'published')) {
    const subject = await startSubject(definition)
    try {
      for (let count = 0; count < memoryBatches; count += 1) await subject.ask('pseudoBatch')
      memory[definition.name] = await subject.ask('memory')
    } finally {
      await subject.end()
    }
  }
  return memory
}

/** Half an hour of times is not lost for it. */
function withoutMemory(error) {
  say(`Peak memory could not be measured: ${error instanceof Error ? error.message : String(error)}`)
  return {}
}

function fileOf({ suite, device, precisions }) {
  if (suite === 'inversion') return 'benchmarks-inversion.md'
  if (device === 'gpu') return 'benchmarks-gpu.md'
  return precisions.includes('float32') ? 'benchmarks.md' : 'benchmarks-mixed.md'
}

async function compare(options, cache) {
  const phases = suites[options.suite]
  const worker = await buildWorker()
  const { subjects, variants, report, numbers: theirs } = await opponents(options, phases, cache)
  const question = numbersWritten(cache) ? numbersQuestion(cache) : undefined
  const definitions = [...ourSubjects(worker, options, question), ...subjects]
  const { samples, facts, numbers: ours } = await measure(definitions, { ...options, phases, title: 'measuring' })
  const measuresMemory =
    options.suite === 'zskt' && options.against === undefined && options.precisions.includes('float32')
  if (measuresMemory) say('peak memory')
  const memory = measuresMemory ? await measureMemory(definitions, options).catch(withoutMemory) : {}
  const numbers = { ...theirs, ...ours }
  return summarize({ samples, facts, memory, options, phases, variants, numbers, preliminary: report })
}

async function profile(options) {
  const profiles = await profileSteps(await buildWorker(), options)
  process.stdout.write(`${options.json ? JSON.stringify({ profiles }) : profileSection(profiles).join('\n')}\n`)
  return 0
}

async function main() {
  const options = readOptions()
  if (options.profile) return profile(options)
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-bench-compiled-'))
  let result
  try {
    result = await compare(options, cache)
  } finally {
    fs.rmSync(cache, { recursive: true, force: true })
  }
  const file = fileOf(options)
  const keep = options.reference !== undefined && options.against === undefined && options.repeats >= leastRepeats
  writeReport(result, { file: keep ? path.join(projectRoot, 'docs', file) : null, print: !options.json })
  if (options.reference !== undefined && !keep)
    say(`Not written to docs/${file}: that takes at least ${leastRepeats} repeats.`)
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  if (!result.numbers || result.numbers.strange.length === 0) return 0
  say(`Not the same mathematics: ${result.numbers.strange.join(', ')}; see "The same numbers".`)
  return 1
}

main().then((code) => {
  process.exitCode = code
}, failWith)

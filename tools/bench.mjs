#!/usr/bin/env node
/**
 * Benchmark of the training engine, alone or interleaved with two PyTorch baselines from a checkout of illidanlab/ABD.
 *
 *   npm run bench -- [--reference PATH] [--python PYTHON] [--repeats 10] [--warm-ups 2] [--threads 2] [--batch 128]
 * [--device cpu|gpu] [--eager] [--json]
 *                    [--baselines tuned,published] [--suite zskt|inversion]
 *   npm run bench -- --against PATH [the same options]
 *
 * --against: interleaved with another checkout of this project, built by its own tools; ratios are its time / ours.
 * Writes docs/benchmarks.md (docs/benchmarks-gpu.md for a GPU, docs/benchmarks-inversion.md for the inversion suite)
 * when compared with a reference;
 * --json prints one line instead of the tables.
 */
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { writeReport } from './bench/report.mjs'
import { measureRun } from './bench/runMemory.mjs'
import { startSubject } from './bench/subject.mjs'
import { summarize } from './bench/summary.mjs'
import { buildWorker } from './bench/worker.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'
import { failWith } from './run/child.mjs'

/** The benchmarks, each with what is timed in it. */
const suites = { zskt: ['pseudoBatch', 'pseudoBatchVaccine', 'teacher', 'evaluation'], inversion: ['synthesis', 'ood'] }
const published = ['pseudoBatch', 'pseudoBatchVaccine']
/** One CMI call: so many steps (the reference makes 200) against a full memory bank. */
const synthesis = { synthesisSteps: 3, bank: 4096, negatives: 1024 }
/** Fewer are no figure to keep. */
const leastRepeats = 10
/** Pseudo batches before peak memory is read, in processes that do nothing else. */
const memoryBatches = 5

const workerBuilderOf = (checkout) => path.resolve(checkout, 'tools', 'bench', 'worker.mjs')

/** The worker of another checkout, whose packages must be installed. */
async function workerOf(checkout) {
  const { buildWorker: buildOther } = await import(pathToFileURL(workerBuilderOf(checkout)).href)
  return buildOther()
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      reference: { type: 'string' },
      python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
      repeats: { type: 'string', default: '10' },
      'warm-ups': { type: 'string', default: '2' },
      threads: { type: 'string', default: '2' },
      batch: { type: 'string', default: '128' },
      device: { type: 'string', default: 'cpu' },
      eager: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      baselines: { type: 'string', default: 'tuned,published' },
      suite: { type: 'string', default: 'zskt' },
      against: { type: 'string' },
    },
  })
  const whole = (name, least) => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < least)
      throw new SetupError(`--${name} wants a whole number from ${least}, got "${values[name]}".`)
    return value
  }
  if (!Object.hasOwn(suites, values.suite))
    throw new SetupError(`--suite wants ${Object.keys(suites).join(' or ')}, got "${values.suite}".`)
  if (values.device !== 'cpu' && values.device !== 'gpu')
    throw new SetupError(`--device wants cpu or gpu, got "${values.device}".`)
  if (
    values.reference !== undefined &&
    !['solver.py', 'zskt/solver.py'].some((file) => fs.existsSync(path.join(values.reference, file)))
  ) {
    throw new SetupError(
      `--reference wants a checkout of illidanlab/ABD, got "${values.reference}", which has no zskt/solver.py.`,
    )
  }
  if (values.against !== undefined && !fs.existsSync(workerBuilderOf(values.against)))
    throw new SetupError(
      `--against wants another checkout of this project, got "${values.against}", which has no tools/bench/worker.mjs.`,
    )
  return {
    ...values,
    repeats: whole('repeats', 1),
    warmUps: whole('warm-ups', 0),
    threads: whole('threads', 1),
    batch: whole('batch', 8),
  }
}

/** How to start each subject: ours, and with a reference the two baselines. */
function subjectsOf(options, worker, other) {
  const { threads, batch, device, python, reference, suite } = options
  const settings = JSON.stringify({ threads, batch, device, graph: !options.eager, ...synthesis })
  const phases = suites[suite]
  const engine = (name, { script, environment }) => ({
    name,
    phases,
    command: [process.execPath, script, settings],
    environment,
  })
  const ours = engine('ours', worker)
  if (other !== undefined) return [ours, engine('against', other)]
  if (reference === undefined) return [ours]
  // Convolutions in TF32 would be another arithmetic than ours.
  const subject = (name, file, does) => ({
    name,
    phases: does,
    command: [python, path.join(projectRoot, 'test', 'bench', file), path.resolve(reference), settings],
    environment: { NVIDIA_TF32_OVERRIDE: '0' },
  })
  if (suite === 'inversion') {
    if (device === 'gpu')
      throw new SetupError("--suite inversion compares on the CPU only: the authors' code there names no device.")
    return [ours, subject('published', 'inversion_worker.py', phases)]
  }
  const wanted = options.baselines.split(',')
  const baselines = [
    subject('tuned', 'tuned_worker.py', phases),
    subject('published', 'reference_worker.py', published),
  ]
  // The published solver is timed on the CPU only: its worker keeps it there.
  return [ours, ...baselines.filter(({ name }) => wanted.includes(name) && !(device === 'gpu' && name === 'published'))]
}

/** All phases of all subjects, one after another and in turn, so that a busy machine disturbs each alike. */
async function measure(definitions, options) {
  const subjects = []
  for (const definition of definitions) subjects.push(await startSubject(definition))
  const samples = []
  try {
    for (let round = -options.warmUps; round < options.repeats; round += 1) {
      say(
        round < 0
          ? `warm-up ${round + options.warmUps + 1} of ${options.warmUps}`
          : `repeat ${round + 1} of ${options.repeats}`,
      )
      for (const phase of suites[options.suite]) {
        // The order turns: none always follows the same other.
        const order = subjects.map((_, place) => subjects[(place + Math.max(round, 0)) % subjects.length])
        for (const subject of order) {
          if (!subject.phases.includes(phase)) continue
          const times = await subject.ask(phase)
          if (round >= 0) samples.push({ subject: subject.name, phase, times })
        }
      }
    }
    return { samples, facts: Object.fromEntries(subjects.map((subject) => [subject.name, subject.facts])) }
  } finally {
    await Promise.all(subjects.map((subject) => subject.end()))
  }
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

async function main() {
  const options = readOptions()
  const definitions = subjectsOf(
    options,
    await buildWorker(),
    options.against === undefined ? undefined : await workerOf(options.against),
  )
  const { samples, facts } = await measure(definitions, options)
  const measuresMemory = options.suite === 'zskt' && options.against === undefined
  if (measuresMemory) say('peak memory')
  const memory = measuresMemory ? await measureMemory(definitions, options) : {}
  const result = summarize({ samples, facts, memory, options, phases: suites[options.suite] })
  const file = {
    zskt: options.device === 'gpu' ? 'benchmarks-gpu.md' : 'benchmarks.md',
    inversion: 'benchmarks-inversion.md',
  }[options.suite]
  const keep = options.reference !== undefined && options.against === undefined && options.repeats >= leastRepeats
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  writeReport(result, { file: keep ? path.join(projectRoot, 'docs', file) : null, print: !options.json })
  if (options.reference !== undefined && !keep)
    say(`Not written to docs/${file}: that takes at least ${leastRepeats} repeats.`)
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

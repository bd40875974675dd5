#!/usr/bin/env node
/**
 * Benchmark of the training engine, alone or interleaved with two PyTorch baselines from a checkout of illidanlab/ABD.
 *
 *   npm run bench -- [--reference PATH] [--python PYTHON] [--repeats 10] [--warm-ups 2] [--threads 2] [--batch 128] [--device cpu|gpu] [--eager] [--json]
 *                    [--baselines tuned,published]
 *
 * Writes docs/benchmarks.md (docs/benchmarks-gpu.md for a GPU) when compared with a reference; --json prints one line instead.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeReport } from './bench/report.mjs'
import { startSubject } from './bench/subject.mjs'
import { summarize } from './bench/summary.mjs'
import { buildWorker } from './bench/worker.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from './setup/report.mjs'
import { failWith } from './run/child.mjs'

const phases = ['pseudoBatch', 'pseudoBatchVaccine', 'teacher', 'evaluation']
/** Pseudo batches before peak memory is read, in processes that do nothing else. */
const memoryBatches = 5

function readOptions() {
  const { values } = parseArgs({
    options: {
      reference: { type: 'string' }, python: { type: 'string', default: process.env.PYTHON ?? 'python3' }, repeats: { type: 'string', default: '10' },
      'warm-ups': { type: 'string', default: '2' }, threads: { type: 'string', default: '2' }, batch: { type: 'string', default: '128' },
      device: { type: 'string', default: 'cpu' }, eager: { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
      baselines: { type: 'string', default: 'tuned,published' },
    },
  })
  const whole = (name, least) => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < least) throw new SetupError(`--${name} wants a whole number from ${least}, got "${values[name]}".`)
    return value
  }
  if (values.device !== 'cpu' && values.device !== 'gpu') throw new SetupError(`--device wants cpu or gpu, got "${values.device}".`)
  if (values.reference !== undefined && !['solver.py', 'zskt/solver.py'].some((file) => fs.existsSync(path.join(values.reference, file)))) {
    throw new SetupError(`--reference wants a checkout of illidanlab/ABD, got "${values.reference}", which has no zskt/solver.py.`)
  }
  return { ...values, repeats: whole('repeats', 1), warmUps: whole('warm-ups', 0), threads: whole('threads', 1), batch: whole('batch', 8) }
}

/** How to start each subject: ours, and with a reference the two baselines. */
function subjectsOf(options, worker) {
  const { threads, batch, device, python, reference } = options
  const settings = JSON.stringify({ threads, batch, device, graph: !options.eager })
  const ours = { name: 'ours', command: [process.execPath, worker.script, settings], environment: worker.environment }
  if (reference === undefined) return [ours]
  const script = (file) => [python, path.join(projectRoot, 'test', 'bench', file), path.resolve(reference), settings]
  const wanted = options.baselines.split(',')
  const baselines = [{ name: 'tuned', command: script('tuned_worker.py') }, { name: 'published', command: script('reference_worker.py') }]
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
      say(round < 0 ? `warm-up ${round + options.warmUps + 1} of ${options.warmUps}` : `repeat ${round + 1} of ${options.repeats}`)
      for (const phase of phases) {
        // The order turns: none always follows the same other.
        const order = subjects.map((_, place) => subjects[(place + Math.max(round, 0)) % subjects.length])
        for (const subject of order) {
          if (!subject.runs(phase)) continue
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

/** Peak memory of a fresh process after a few pseudo batches. */
async function measureMemory(definitions) {
  const memory = {}
  for (const definition of definitions) {
    const subject = await startSubject(definition)
    try {
      for (let batch = 0; batch < memoryBatches; batch += 1) await subject.ask('pseudoBatch')
      memory[definition.name] = await subject.ask('memory')
    } finally {
      await subject.end()
    }
  }
  return memory
}

async function main() {
  const options = readOptions()
  const definitions = subjectsOf(options, await buildWorker())
  const { samples, facts } = await measure(definitions, options)
  say('peak memory')
  const memory = await measureMemory(definitions.filter(({ name }) => name !== 'tuned'))
  const result = summarize({ samples, facts, memory, options })
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else writeReport(result, path.join(projectRoot, 'docs', options.device === 'gpu' ? 'benchmarks-gpu.md' : 'benchmarks.md'))
  return 0
}

main().then((code) => { process.exitCode = code }, failWith)

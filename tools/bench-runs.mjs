#!/usr/bin/env node
/**
 * Whole runs from the command's start to the final evaluation: what training takes and what everything else takes, as
 * the runs' own records say.
 *
 *   npm run bench:runs -- [--only quick,published,reused] [--pseudo-batches 200] [--threads 0] [--json] [--write]
 *
 * quick: the quick preset. published: WRN-16-2 → WRN-16-1, ZSKT with batch 128 as published, after two epochs of its
 * teacher. reused: the same with another temperature and few pseudo batches, whose teacher is there already: what one
 * waits for a student's first loss. --write: docs/benchmarks-runs.md.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { say } from '../src/main/setup/report.mjs'
import { listOf, wholeOf } from './bench/flags.mjs'
import { machineWords, writeReportFile } from './bench/reportFile.mjs'
import { machine } from './bench/instructions.mjs'
import { abdOutput, phaseTitles, timedRun } from './bench/wholeRun.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const goal = { notTraining: 0.1, firstFigure: 5 }
const reusedPseudoBatches = 2

const setting = (name, value) => ['--set', `${name}=${value}`]
const published = (pseudoBatches, ...more) => [
  ...['--data', 'signs', '--defense', 'none'],
  ...setting('teacher.training.epochs', 2),
  ...setting('distillation.method.params.pseudoBatches', pseudoBatches),
  ...more,
]

/** Of one workspace: what the second leaves is there for the third. */
const scenarios = {
  quick: { title: 'Quick preset', flags: () => ['--preset', 'quick'] },
  published: { title: 'As published', flags: (pseudoBatches) => published(pseudoBatches) },
  reused: {
    title: 'Teacher there already',
    flags: () => published(reusedPseudoBatches, ...setting('distillation.method.params.temperature', 2)),
  },
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(scenarios).join(',') },
      'pseudo-batches': { type: 'string', default: '200' },
      threads: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    only: listOf(values, 'only', Object.keys(scenarios)),
    pseudoBatches: wholeOf(values, 'pseudo-batches', 1),
    threads: wholeOf(values, 'threads', 0),
  }
}

/** Seconds and CPU seconds of each phase over the stages that were trained for this run. */
function phasesOf(record) {
  const processes = record.stages.flatMap(({ timings = [], origin }) => (origin === undefined ? timings : []))
  const sum = (phase, part) => processes.reduce((total, { phases }) => total + (phases[phase]?.[part] ?? 0), 0)
  const phases = Object.fromEntries(
    Object.keys(phaseTitles).map((phase) => [
      phase,
      { seconds: sum(phase, 'seconds'), cpuSeconds: sum(phase, 'cpuSeconds') },
    ]),
  )
  const inside = processes.reduce((total, { began, ended }) => total + (ended - began) / 1000, 0)
  return { phases, inside, peakBytes: Math.max(0, ...processes.map(({ peakBytes }) => peakBytes)) }
}

async function measure(name, workspace, { pseudoBatches, threads }) {
  say(`${scenarios[name].title} …`)
  const flags = [...scenarios[name].flags(pseudoBatches), '--threads', String(threads)]
  const { id, ...moments } = await timedRun(workspace, flags)
  const { phases, inside, peakBytes } = phasesOf(
    JSON.parse(await abdOutput(['show', id, '--json', '--workspace', workspace])),
  )
  const cpuSeconds = Object.values(phases).reduce((sum, phase) => sum + phase.cpuSeconds, 0)
  return {
    name,
    ...moments,
    phases,
    outside: Math.max(0, moments.seconds - inside),
    notTraining: 1 - phases.training.seconds / moments.seconds,
    cpuSeconds,
    notTrainingCpu: 1 - phases.training.cpuSeconds / cpuSeconds,
    peakMebibytes: peakBytes / 2 ** 20,
  }
}

const seconds = (value) => (value === null ? '–' : value.toFixed(1))
const percent = (value) => `${(100 * value).toFixed(1)} %`
const row = (title, results, cell) => `| ${[title, ...results.map(cell)].join(' | ')} |`

function report({ date, options, machine, results }) {
  const command = `npm run bench:runs -- --only ${options.only.join(',')} --pseudo-batches ${options.pseudoBatches} --threads ${options.threads} --write`
  const names = results.map(({ name }) => scenarios[name].title)
  return [
    '# Whole runs',
    '',
    `Written by \`${command}\` on ${date}: ${machineWords(machine)}; threads ${options.threads || 'all'}.`,
    `*As published*: WRN-16-2 → WRN-16-1, batch 128, two epochs of the teacher, ${options.pseudoBatches} pseudo batches. *Teacher there already*: the same with ${reusedPseudoBatches} pseudo batches, whose teacher another run has trained.`,
    '',
    row('Seconds (CPU seconds)', names, (name) => name),
    row('---', names, () => '---'),
    row('from the command to its end', results, (result) => seconds(result.seconds)),
    row('first line with a figure', results, (result) => seconds(result.firstFigure)),
    row('first line with a student’s figure', results, (result) => seconds(result.firstStudentFigure)),
    ...Object.entries(phaseTitles).map(([phase, title]) =>
      row(title, results, ({ phases }) => `${seconds(phases[phase].seconds)} (${seconds(phases[phase].cpuSeconds)})`),
    ),
    row('outside the processes of stages', results, (result) => seconds(result.outside)),
    row('**not training**', results, (result) => `**${percent(result.notTraining)}**`),
    row('not training, of the CPU seconds', results, (result) => percent(result.notTrainingCpu)),
    row('peak memory of a stage (MiB)', results, (result) => Math.round(result.peakMebibytes)),
    '',
    `Not training is all from the command to its end but the steps; evaluations and the first calls of captured steps count as not training. Goals: under ${percent(goal.notTraining)}, and a first figure within ${goal.firstFigure} s on warm caches. On a busy machine the CPU seconds tell more than the seconds.`,
    '',
  ].join('\n')
}

async function main() {
  const options = readOptions()
  await ensureBuilt()
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-runs-'))
  const results = []
  try {
    for (const name of options.only) results.push(await measure(name, workspace, options))
  } finally {
    fs.rmSync(workspace, { recursive: true, force: true })
  }
  const date = new Date().toISOString().slice(0, 10)
  const result = { date, options, machine: machine(), results }
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${report(result)}\n`)
  if (options.write) writeReportFile(report(result), path.join(projectRoot, 'docs', 'benchmarks-runs.md'))
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

#!/usr/bin/env node
/**
 * Time and memory of a step of ZSKT against batch size, side of the images and networks, and of other methods, defenses
 * and teachers; each point a process of its own, as a run's stage has it.
 *
 *   npm run bench:scale -- [--only batch,side,network,method] [--threads 2] [--steps 6] [--most-mebibytes 16000]
 *                          [--precision float32] [--json] [--write]
 *
 * --steps: from 2 on, the first is not counted, and the shortest of the others is told: the second and third may still
 * capture something. No step begins after sixty CPU seconds of a point; one whose first takes more is that step alone.
 * A point whose memory is estimated above --most-mebibytes is left out, and said so. CPU seconds are what a quiet
 * machine takes times its threads. --write: docs/benchmarks-scale.md.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError, say } from '../src/main/setup/report.mjs'
import { listOf, oneOf, wholeOf } from './bench/flags.mjs'
import { machine } from './bench/instructions.mjs'
import { fittedExponent } from './bench/exponent.mjs'
import { writePictures } from './bench/pictures.mjs'
import { machineWords, writeReportFile } from './bench/reportFile.mjs'
import { buildWorker } from './bench/worker.mjs'
import { scalePoints, scaleTables } from './bench/scalePoints.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const tableNames = scaleTables.map(({ id }) => id)

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: tableNames.join(',') },
      threads: { type: 'string', default: '2' },
      steps: { type: 'string', default: '6' },
      'most-mebibytes': { type: 'string', default: '16000' },
      precision: { type: 'string', default: 'float32' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    precision: oneOf(values, 'precision', ['float32', 'mixed']),
    only: listOf(values, 'only', tableNames),
    threads: wholeOf(values, 'threads', 1),
    steps: wholeOf(values, 'steps', 2),
    mostMebibytes: wholeOf(values, 'most-mebibytes', 500),
  }
}

const keptWords = 2000

/** The worker's line about one point. Errors: SetupError with the end of what it wrote. */
function ask({ stageScript, environment }, asked) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [stageScript, JSON.stringify(asked)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, ...process.env },
    })
    let [text, words] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      words = (words + chunk).slice(-keptWords)
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new SetupError(`A point ended with ${code}:\n${words.trim()}`)),
    )
  })
}

async function measure(points, worker, options, folder) {
  const results = []
  for (const point of points) {
    say(`${point.title} …`)
    const config = {
      ...point.config,
      data: point.side
        ? picturesOf(folder, point.side)
        : { id: 'signs', params: { trainImages: 200, testImages: 100 } },
      execution: { threads: options.threads, precision: point.precision ?? options.precision },
    }
    const { kind = 'student', from = 0 } = point
    const asked = { config, kind, from, steps: options.steps, mostMebibytes: options.mostMebibytes, cache: folder }
    const found = await ask(worker, asked).catch((error) => ({ fault: error.message }))
    if (found.fault !== undefined) say(found.fault)
    results.push({ ...point, ...found })
  }
  return results
}

const picturesOf = (folder, side) => ({
  id: 'image_folder',
  params: { folder: path.join(folder, `pictures-${side}`), size: side },
})

const number = (value, digits) => (value === undefined ? '–' : value.toFixed(digits))
const percent = (value) => `${value >= 1 ? '+' : '−'}${Math.abs(100 * (value - 1)).toFixed(0)} %`

/** The convolution is measured in every process; a busy moment makes one of them slow or, on one core, fast. */
function machineSlowness(results) {
  const all = results.flatMap(({ estimated }) => estimated?.slowness ?? []).sort((left, right) => left - right)
  return all[Math.floor(all.length / 2)] ?? 1
}

function rowOf({ title, measured, estimated, leftOut, fault }, slowness) {
  if (fault !== undefined) return `| ${title} | failed | – | – | – | – |`
  if (leftOut) return `| ${title} | left out | – | – | ${Math.round(estimated.mebibytes)} (estimated) | – |`
  return `| ${[
    title,
    `${number(measured.step.cpuSeconds, 3)}${measured.isFirst ? ' ¹' : ''}`,
    number(measured.evaluation.cpuSeconds / measured.evaluation.images, 4),
    percent((slowness * estimated.stepSeconds) / measured.step.cpuSeconds),
    Math.round(measured.peakMebibytes),
    percent(estimated.mebibytes / measured.peakMebibytes),
  ].join(' | ')} |`
}

function exponentsOf(unit, points) {
  const measured = points.filter((point) => point.measured)
  const [first] = measured
  if (measured.length < 2) return []
  const { baseMebibytes } = first.estimated
  const power = (of, valueOf) =>
    of.length < 2 ? '–' : fittedExponent(of.map((point) => [point.size, valueOf(point)])).toFixed(2)
  // A first step has its recording in it: its time is not on the same line.
  const later = measured.filter((point) => !point.measured.isFirst)
  const time = power(later, (point) => point.measured.step.cpuSeconds)
  const memory = power(measured, (point) => Math.max(1, point.measured.peakMebibytes - baseMebibytes))
  return [
    '',
    `Time of a step grows as ${unit} to the power of ${time}; memory above what a process holds anyway (${baseMebibytes} MiB) to the power of ${memory}.`,
  ]
}

function tableOf({ id, title, unit }, results) {
  const own = results.filter(({ table }) => table === id)
  const exponents = unit === undefined ? [] : exponentsOf(unit, own)
  return [
    `## ${title}`,
    '',
    '| | CPU seconds of a step | of an evaluated image | estimate | peak MiB | estimate |',
    '|---|---|---|---|---|---|',
    ...own.map((result) => rowOf(result, machineSlowness(results))),
    ...exponents,
    '',
  ]
}

function report({ date, options, machine: here, results }) {
  const { only, threads, steps, mostMebibytes, precision } = options
  const command = `npm run bench:scale -- --only ${only.join(',')} --threads ${threads} --steps ${steps} --most-mebibytes ${mostMebibytes} --precision ${precision} --write`
  return [
    '# Time and memory against size',
    '',
    `Written by \`${command}\` on ${date}: ${machineWords(here)}.`,
    '',
    'A step of ZSKT is a pseudo batch: one of the generator, one synthetic batch, ten of the student. CPU seconds are those of all threads: a quiet machine takes them divided by its threads. An evaluated image is one clean and one with the trigger. *Estimate*: what the form’s estimate says, with this machine’s convolution measured, against what was measured.',
    '',
    ...scaleTables.filter(({ id }) => only.includes(id)).flatMap((table) => tableOf(table, results)),
    ...(results.some(({ measured }) => measured?.isFirst)
      ? [
          '¹ The first step alone, with its recording in it, because it takes more than sixty CPU seconds; in no exponent of time.',
          '',
        ]
      : []),
  ].join('\n')
}

async function main() {
  const options = readOptions()
  const worker = await buildWorker()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-scale-'))
  const points = scalePoints.filter(({ table }) => options.only.includes(table))
  try {
    for (const side of new Set(points.flatMap((point) => point.side ?? [])))
      await writePictures(path.join(folder, `pictures-${side}`), side)
    const results = await measure(points, worker, options, folder)
    const result = { date: new Date().toISOString().slice(0, 10), options, machine: machine(), results }
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${report(result)}\n`)
    if (options.write) writeReportFile(report(result), path.join(projectRoot, 'docs', 'benchmarks-scale.md'))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)

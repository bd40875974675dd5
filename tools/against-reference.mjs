#!/usr/bin/env node
/**
 * Whole ZSKT runs beside the authors' program on the same teacher file and test images: accuracy and ASR over the
 * pseudo batches, with and without the Shuffling Vaccine, over seeds.
 *
 *   npm run against-reference -- --reference ABD --python PYTHON [--folder FOLDER] [--seeds 0,1,2]
 *     [--pseudo-batches 2000] [--batch 32] [--evaluations 10] [--threads 2] [--only ours,theirs] [--write]
 *
 * Signs, the quick preset's teacher (seed 0), ZSKT as published. What is finished stays in the folder: the same command
 * goes on. --write: the figures into docs/against-reference.json.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { say, SetupError } from '../src/main/setup/report.mjs'
import { curvePoints, summary } from './against/curves.mjs'
import { listOf, wholeOf, wholesOf } from './bench/flags.mjs'
import { abdOutput, timedRun } from './bench/wholeRun.mjs'
import { ensureBuilt } from './run/build.mjs'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const network = { depth: 10, width: 1, classes: 10, side: 32 }
const vaccines = { none: 0, sv: 0.1 }
const written = path.join(projectRoot, 'docs', 'against-reference.json')

function readOptions() {
  const { values } = parseArgs({
    options: {
      reference: { type: 'string' },
      python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
      folder: { type: 'string', default: path.join(os.tmpdir(), 'abd-against-reference') },
      seeds: { type: 'string', default: '0,1,2' },
      'pseudo-batches': { type: 'string', default: '2000' },
      batch: { type: 'string', default: '32' },
      evaluations: { type: 'string', default: '10' },
      threads: { type: 'string', default: '2' },
      only: { type: 'string', default: 'ours,theirs' },
      write: { type: 'boolean', default: false },
    },
  })
  const only = listOf(values, 'only', ['ours', 'theirs'])
  if (only.includes('theirs') && !values.reference)
    throw new SetupError('--reference wants the folder of a checkout of illidanlab/ABD.')
  const pseudoBatches = wholeOf(values, 'pseudo-batches', 20)
  return {
    ...values,
    only,
    pseudoBatches,
    seeds: wholesOf(values, 'seeds'),
    batch: wholeOf(values, 'batch', 2),
    threads: wholeOf(values, 'threads', 1),
    every: Math.max(1, Math.floor(pseudoBatches / wholeOf(values, 'evaluations', 1))),
  }
}

const setting = (name, value) => ['--set', `${name}=${value}`]

/** The quick preset's teacher, in files that both read. */
async function sharedFiles(folder, workspace) {
  const teacher = path.join(folder, 'teacher.pt')
  if (fs.existsSync(path.join(folder, 'triggered.labels'))) return teacher
  say('Teacher and test images …')
  const flags = ['--preset', 'quick', '--seed', '0', '--defense', 'none']
  const { id } = await timedRun(workspace, [...flags, ...setting('distillation.method.params.pseudoBatches', 1)])
  if (!fs.existsSync(teacher))
    await abdOutput(['export', id, '--workspace', workspace, '--stage', 'teacher', '--out', teacher])
  const config = path.join(folder, 'config.json')
  fs.writeFileSync(
    config,
    JSON.stringify(JSON.parse(await abdOutput(['show', id, '--json', '--workspace', workspace])).config),
  )
  const script = await bundle('test/against/testSets.ts', path.join(projectRoot, 'out', 'against'))
  const code = await runInForeground(process.execPath, [script, config, folder])
  if (code !== 0) throw new SetupError('The test images could not be written.')
  return teacher
}

async function ours(seed, { workspace, teacher, options }) {
  const { pseudoBatches, batch, every, threads } = options
  const method = ['--data', 'signs', '--attack', 'blend', '--method', 'zskt', '--seed', String(seed)]
  const { id } = await timedRun(workspace, [
    ...method,
    ...['--defense', 'none', '--defense', 'sv', '--threads', String(threads)],
    ...setting('teacher.source', 'file'),
    ...setting('teacher.file', teacher),
    ...setting('attack.params.pattern', 'binaryNoise'),
    ...setting('attack.params.ratio', 0.2),
    ...setting('distillation.architecture.params.depth', network.depth),
    ...setting('distillation.architecture.params.width', network.width),
    ...setting('distillation.method.params.pseudoBatches', pseudoBatches),
    ...setting('distillation.method.params.batchSize', batch),
    ...setting('recording.evaluateEvery', every),
    ...setting('recording.imagesEvery', pseudoBatches),
  ])
  const { stages } = JSON.parse(await abdOutput(['show', id, '--json', '--workspace', workspace]))
  return stages
    .filter(({ kind }) => kind === 'student')
    .map(({ place, defense }) => ({
      program: 'ours',
      seed,
      defense,
      points: curvePoints(path.join(workspace, place, 'journal')),
    }))
}

function theirs(seed, defense, { folder, options }) {
  const { pseudoBatches, batch, every, threads } = options
  const asked = { ...network, seed, pseudoBatches, batch, every, threads, vaccine: vaccines[defense] }
  const script = path.join(projectRoot, 'test', 'against', 'reference_run.py')
  return new Promise((resolve, reject) => {
    const child = spawn(options.python, [script, options.reference, folder, JSON.stringify(asked)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new SetupError(`The authors' program ended with ${code}.`))
      const lines = text.trim().split('\n').map(JSON.parse)
      const points = lines.map(({ pseudoBatch, accuracy, asr }) => ({ step: pseudoBatch, accuracy, asr }))
      return resolve({ program: 'theirs', seed, defense, points })
    })
  })
}

async function main() {
  const options = readOptions()
  await ensureBuilt()
  const folder = path.resolve(options.folder)
  const workspace = path.join(folder, 'workspace')
  fs.mkdirSync(workspace, { recursive: true })
  const file = path.join(folder, `curves-${options.pseudoBatches}-${options.batch}-${options.every}.json`)
  const curves = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : []
  const known = (program, seed, defense) =>
    curves.some((curve) => curve.program === program && curve.seed === seed && curve.defense === defense)
  const keep = (found) => {
    curves.push(...found)
    fs.writeFileSync(file, JSON.stringify(curves))
  }
  const shared = { folder, workspace, options, teacher: await sharedFiles(folder, workspace) }
  for (const seed of options.seeds) {
    if (options.only.includes('ours') && !known('ours', seed, 'none')) {
      say(`Ours, seed ${seed} …`)
      keep(await ours(seed, shared))
    }
    for (const defense of options.only.includes('theirs') ? Object.keys(vaccines) : []) {
      if (known('theirs', seed, defense)) continue
      say(`Theirs, ${defense}, seed ${seed} …`)
      keep([await theirs(seed, defense, shared)])
    }
  }
  process.stdout.write(summary(curves))
  const { pseudoBatches, batch, every } = options
  if (options.write)
    fs.writeFileSync(written, `${JSON.stringify({ pseudoBatches, batch, every, network, curves }, null, 1)}\n`)
}

main().catch(failWith)

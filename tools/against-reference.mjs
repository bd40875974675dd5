#!/usr/bin/env node
/**
 * Whole ZSKT runs beside the authors' program on the same teacher file and test images: accuracy and ASR over the
 * pseudo batches, with and without the Shuffling Vaccine, over seeds; and the generator's loss.
 *
 *   npm run against-reference -- --reference ABD --python PYTHON [--folder FOLDER] [--seeds 0,1,2]
 *     [--pseudo-batches 2000] [--batch 32] [--evaluations 10] [--threads 2] [--only ours,theirs]
 *     [--defenses none,sv,sv-3] [--own-start] [--as-it-is] [--write]
 *
 * Signs, the quick preset's teacher (seed 0), ZSKT as published. With the same seed both begin with the same networks,
 * latent codes and shuffles, so that they differ by rounding, which grows with the steps; --own-start: the authors'
 * program draws its own. Their KL divergence is computed from logarithms, since theirs gives NaN where a probability of
 * the teacher underflows (see test/against/reference_run.py); --as-it-is leaves it. What is finished stays in the
 * folder: the same command goes on, and two at once may have different seeds or programs. --write: the curves into
 * docs/against-reference.json, and those of the ends into the tables of docs/study.md.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import prettier from 'prettier'
import { say, SetupError } from '../src/main/setup/report.mjs'
import { curvePoints, endsTable, summary } from './against/curves.mjs'
import { listOf, wholeOf, wholesOf } from './bench/flags.mjs'
import { abdOutput, timedRun } from './bench/wholeRun.mjs'
import { ensureBuilt } from './run/build.mjs'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'
import { inserted, placesOf } from './study-page/inserted.mjs'

const network = { depth: 10, width: 1, classes: 10, side: 32 }
/** The Shuffling Vaccine as published, and as the demonstration has it: the coefficient, and how many layers are shuffled. */
const vaccines = {
  none: null,
  sv: { coefficient: 0.1, layers: 5 },
  'sv-3': { coefficient: 0.01, layers: 3 },
}
const written = path.join(projectRoot, 'docs', 'against-reference.json')
const page = path.join(projectRoot, 'docs', 'study.md')

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
      defenses: { type: 'string', default: 'none,sv' },
      'own-start': { type: 'boolean', default: false },
      'as-it-is': { type: 'boolean', default: false },
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
    defenses: listOf(values, 'defenses', Object.keys(vaccines)),
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

async function ours(seed, defenses, { workspace, teacher, options }) {
  const { pseudoBatches, batch, every, threads } = options
  const method = ['--data', 'signs', '--attack', 'blend', '--method', 'zskt', '--seed', String(seed)]
  const { id } = await timedRun(workspace, [
    ...method,
    ...defenses.flatMap((defense) => ['--defense', vaccines[defense] ? 'sv' : 'none']),
    ...defenses.flatMap((defense, index) =>
      Object.entries(vaccines[defense] ?? {}).flatMap(([name, value]) =>
        setting(`students.${index}.defenses.0.params.${name}`, value),
      ),
    ),
    ...['--threads', String(threads)],
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
    .map(({ place }, index) => ({
      program: 'ours',
      seed,
      defense: defenses[index],
      points: curvePoints(path.join(workspace, place, 'journal')),
    }))
}

/** The folder of what our run of this seed begins with. */
async function startOf(seed, layers, { folder, teacher, options }) {
  const { pseudoBatches, batch } = options
  const start = path.join(folder, `start-${seed}-${pseudoBatches}-${batch}-${layers}`)
  if (fs.existsSync(path.join(start, 'shuffles.json'))) return start
  fs.mkdirSync(start, { recursive: true })
  const script = await bundle('test/against/start.ts', path.join(projectRoot, 'out', 'against'))
  const asked = JSON.stringify({ ...network, seed, pseudoBatches, batch, layers })
  const code = await runInForeground(process.execPath, [
    script,
    path.join(folder, 'config.json'),
    teacher,
    start,
    asked,
  ])
  if (code !== 0) throw new SetupError('The start of our run could not be written.')
  return start
}

async function theirs(seed, defense, shared) {
  const { folder, options } = shared
  const { pseudoBatches, batch, every, threads } = options
  const vaccine = vaccines[defense]
  const start = options['own-start'] ? undefined : await startOf(seed, (vaccine ?? vaccines.sv).layers, shared)
  const asked = {
    ...network,
    seed,
    pseudoBatches,
    batch,
    every,
    threads,
    vaccine,
    start,
    finite: !options['as-it-is'],
  }
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
      const points = lines.map(({ pseudoBatch, ...measured }) => ({ step: pseudoBatch, ...measured }))
      return resolve({ program: 'theirs', seed, defense, points })
    })
  })
}

/** The finished curves: one file each, so that two commands at once do not write over one another. */
function curvesIn(folder) {
  fs.mkdirSync(folder, { recursive: true })
  const fileOf = ({ program, seed, defense }) => path.join(folder, `${program}-${seed}-${defense}.json`)
  return {
    known: (curve) => fs.existsSync(fileOf(curve)),
    keep: (curve) => fs.writeFileSync(fileOf(curve), JSON.stringify(curve)),
    all: () =>
      fs
        .readdirSync(folder)
        .sort()
        .map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))),
  }
}

async function main() {
  const options = readOptions()
  await ensureBuilt()
  const folder = path.resolve(options.folder)
  const workspace = path.join(folder, 'workspace')
  fs.mkdirSync(workspace, { recursive: true })
  const { pseudoBatches, batch, every } = options
  const altered = ['own-start', 'as-it-is'].filter((name) => options[name])
  const curves = curvesIn(path.join(folder, ['curves', pseudoBatches, batch, every, ...altered].join('-')))
  const shared = { folder, workspace, options, teacher: await sharedFiles(folder, workspace) }
  for (const seed of options.seeds) {
    const wanted = (program) =>
      options.only.includes(program)
        ? options.defenses.filter((defense) => !curves.known({ program, seed, defense }))
        : []
    const [own, reference] = [wanted('ours'), wanted('theirs')]
    if (own.length > 0) {
      say(`Ours, seed ${seed} …`)
      for (const curve of await ours(seed, own, shared)) curves.keep(curve)
    }
    for (const defense of reference) {
      say(`Theirs, ${defense}, seed ${seed} …`)
      curves.keep(await theirs(seed, defense, shared))
    }
  }
  const finished = curves.all()
  process.stdout.write(summary(finished))
  if (options.write) await write({ pseudoBatches, batch, every, network, curves: finished })
}

async function write(result) {
  const options = await prettier.resolveConfig(written)
  fs.writeFileSync(written, await prettier.format(JSON.stringify(result), { ...options, filepath: written }))
  const text = fs.readFileSync(page, 'utf8')
  const measured = new Set(result.curves.map(({ defense }) => `against ${defense}`))
  const filled = placesOf(text)
    .filter((name) => measured.has(name))
    .reduce((now, name) => inserted(now, name, endsTable(result.curves, name.slice('against '.length))), text)
  fs.writeFileSync(page, filled)
}

main().catch(failWith)

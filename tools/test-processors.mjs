#!/usr/bin/env node
/**
 * Runs the parity tests and the captured steps as other processors would: with each of oneDNN's instruction sets, with
 * oneDNN off, with one thread and with two. Ends with one line per setting and with how near each test file came to
 * its bounds, and exits with 1 if a test failed. Not part of `npm test`; see CONTRIBUTING.md.
 *
 *   node tools/test-processors.mjs [--out FILE.json] [--only NAME,NAME] [file filters of vitest]
 *
 * An instruction set that the processor lacks falls back to the best that it has; the output says which those are.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { failWith } from './run/child.mjs'
import { countSuite, summaryLine } from './run/suites.mjs'
import { readJson } from '../src/main/setup/files.mjs'
import { projectRoot } from './setup/paths.mjs'

const threads = (count) => ({ TF_NUM_INTRAOP_THREADS: String(count), OMP_NUM_THREADS: String(count) })
const instructionSets = {
  AVX2: 'avx2',
  AVX512_CORE: 'avx512bw',
  AVX512_CORE_AMX: 'amx_tile',
}
const settings = [
  { id: 'default with 2 threads', environment: threads(2) },
  { id: 'default with 1 thread', environment: threads(1) },
  ...Object.entries(instructionSets).flatMap(([set, flag]) =>
    [1, 2].map((count) => ({
      id: `${set} with ${count === 1 ? '1 thread' : '2 threads'}`,
      needs: flag,
      environment: { ONEDNN_MAX_CPU_ISA: set, ...threads(count) },
    })),
  ),
  { id: 'no oneDNN with 2 threads', environment: { TF_ENABLE_ONEDNN_OPTS: '0', ...threads(2) } },
  { id: 'no oneDNN with 1 thread', environment: { TF_ENABLE_ONEDNN_OPTS: '0', ...threads(1) } },
]
const defaultFiles = ['test/parity', 'test/unit/graph/distillationSteps.tf.test.ts']

function readArguments(parameters) {
  const chosen = { out: undefined, only: undefined, files: [] }
  for (let index = 0; index < parameters.length; index++) {
    if (parameters[index] === '--out') chosen.out = parameters[++index]
    else if (parameters[index] === '--only') chosen.only = parameters[++index]?.split(',')
    else chosen.files.push(parameters[index])
  }
  return chosen
}

function processorFlags() {
  try {
    const line = /^flags\s*:(.*)$/m.exec(fs.readFileSync('/proc/cpuinfo', 'utf8'))
    return new Set(line?.[1].trim().split(/\s+/))
  } catch {
    return new Set()
  }
}

/** Per test file the largest share of a bound that a distance took, and of what. */
function nearest(file) {
  const found = {}
  if (!fs.existsSync(file)) return found
  for (const line of fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const { path: testPath, test, what, distance, bound } = JSON.parse(line)
    const name = path.basename(testPath)
    const share = distance === null ? Infinity : distance / bound
    if (!(share <= (found[name]?.share ?? -1))) found[name] = { share, test, what, distance, bound }
  }
  return found
}

function runSetting(setting, files, folder) {
  const margins = path.join(folder, 'margins.jsonl')
  const report = path.join(folder, 'report.json')
  for (const file of [margins, report]) fs.rmSync(file, { force: true })
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...['--project', 'tf', '--maxWorkers', '1', '--reporter=json', `--outputFile.json=${report}`],
      ...files,
    ],
    {
      cwd: projectRoot,
      stdio: 'ignore',
      env: { ...process.env, PARITY_MARGINS: margins, ...setting.environment },
    },
  )
  return { totals: countSuite(readJson(report), status), margins: nearest(margins) }
}

function main() {
  const { out, only, files } = readArguments(process.argv.slice(2))
  const flags = processorFlags()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'processors-'))
  const results = {}
  let failed = 0
  try {
    for (const setting of settings.filter(({ id }) => only?.some((name) => id.includes(name)) ?? true)) {
      const fallsBack = setting.needs !== undefined && flags.size > 0 && !flags.has(setting.needs)
      const { totals, margins } = runSetting(setting, files.length > 0 ? files : defaultFiles, folder)
      failed += totals.failed
      process.stdout.write(`${setting.id}${fallsBack ? ' (not in this processor)' : ''}: ${summaryLine(totals)}\n`)
      for (const name of totals.failedNames) process.stdout.write(`  failed: ${path.relative(projectRoot, name)}\n`)
      results[setting.id] = { fallsBack, summary: summaryLine(totals), margins }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  const worst = {}
  for (const [id, { margins }] of Object.entries(results))
    for (const [file, margin] of Object.entries(margins))
      if (!(margin.share <= (worst[file]?.share ?? -1))) worst[file] = { setting: id, ...margin }
  for (const [file, { share, setting, what }] of Object.entries(worst))
    process.stdout.write(`${file}: at most ${(100 * share).toFixed(0)} % of a bound (${what}; ${setting})\n`)
  for (const margin of Object.values(worst))
    for (const key of ['share', 'distance', 'bound']) margin[key] = Number(Number(margin[key]).toPrecision(2))
  if (out) {
    const processor = os.cpus()[0]?.model ?? 'unknown'
    fs.writeFileSync(out, `${JSON.stringify({ processor, results: summarise(results), worst }, null, 2)}\n`)
  }
  process.exitCode = failed > 0 ? 1 : 0
}

/** One line per setting and file. */
function summarise(results) {
  return Object.fromEntries(
    Object.entries(results).map(([id, { fallsBack, summary, margins }]) => [
      id,
      {
        ...(fallsBack ? { fallsBack } : {}),
        summary,
        shares: Object.fromEntries(
          Object.entries(margins).map(([file, { share }]) => [file, Number(share.toPrecision(2))]),
        ),
      },
    ]),
  )
}

try {
  main()
} catch (error) {
  failWith(error)
}

#!/usr/bin/env node
/**
 * Fuzzes the readers of files and frames (test/fuzz/readers.ts), guided by coverage: Jazzer.js, which is libFuzzer for
 * Node, makes the inputs. What a reader may do with them, test/fuzz/judge.ts says.
 *
 *   npm run fuzz -- [--reader NAME]... [--executions N | --minutes N]
 *
 * Of each reader as many executions or minutes; a minute where neither is said. Inputs that reach new code are kept in
 * the cache and tried again the next time. Exits with 1 where there were findings; each is a file in
 * out/fuzz/findings, for test/fuzz/corpus once it is mended.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cacheDirectory } from '../src/main/setup/paths.mjs'
import { bundleTarget } from './fuzz/bundle.mjs'
import { nodeCommand, requireFuzzer } from './fuzz/jazzer.mjs'
import { addExecutions, tableOf } from './fuzz/record.mjs'
import { runReader } from './fuzz/runReader.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'fuzz')
const cache = path.join(cacheDirectory(), 'fuzz')

/** A number above 0, or undefined. */
function amount(given, flag) {
  if (given === undefined) return undefined
  const value = Number(given)
  if (Number.isFinite(value) && value > 0) return value
  throw new Error(`--${flag} wants a number above 0, not ${given}.`)
}

/** @returns {{ id: string, title: string, longest?: number, words?: string[] }[]} */
function readersOf(listing, wanted) {
  const all = JSON.parse(spawnSync(process.execPath, [listing], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout)
  const unknown = wanted.filter((id) => !all.some((reader) => reader.id === id))
  if (unknown.length > 0)
    throw new Error(`There is no reader ${unknown.join(', ')}. Readers: ${all.map(({ id }) => id).join(', ')}.`)
  return wanted.length === 0 ? all : all.filter(({ id }) => wanted.includes(id))
}

async function main() {
  const { values } = parseArgs({
    options: {
      reader: { type: 'string', multiple: true },
      executions: { type: 'string' },
      minutes: { type: 'string' },
    },
  })
  const limits = { executions: amount(values.executions, 'executions'), minutes: amount(values.minutes, 'minutes') }
  requireFuzzer()
  const { target, listing } = await bundleTarget(outDir)
  const results = []
  for (const reader of readersOf(listing, values.reader ?? [])) {
    const result = await runReader(reader, { target, outDir, cache, limits, command: nodeCommand() })
    results.push(result)
    addExecutions(cache, result)
    process.stdout.write(`${tableOf([result]).at(-1)}\n`)
  }
  process.stdout.write(`\n${tableOf(results).join('\n')}\n`)
  const findings = results.flatMap((result) => result.findings)
  for (const { reader, file, said } of findings)
    process.stdout.write(`\n${reader}: ${said}\n  ${path.relative(projectRoot, file)}\n`)
  if (findings.length > 0) process.exitCode = 1
}

main().catch(failWith)
if (!fs.existsSync(outDir)) fs.mkdirSync(outDir, { recursive: true })

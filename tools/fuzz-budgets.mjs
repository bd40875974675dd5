#!/usr/bin/env node
/**
 * What a refusal costs: files that would fill a careless reader's memory, or keep it, each read in a fresh process.
 * Prints a table of extra memory and time; exits with 1 beyond 64 MB or 1 s of processor time. On an idle core.
 *
 *   npm run fuzz:budgets
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { bundle } from './run/bundle.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'fuzz-budgets')

function run(script, ...parameters) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], {
    encoding: 'utf8',
    cwd: projectRoot,
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(`${parameters.join(' ')} ended with ${status}:\n${stderr}`)
  return JSON.parse(stdout)
}

async function main() {
  const hostile = await bundle('test/fuzz/hostile.ts', outDir)
  const measured = await bundle('test/fuzz/measured.ts', outDir)
  process.stdout.write('| reader | file | MB more | s of a core | what was said |\n| --- | --- | ---: | ---: | --- |\n')
  for (const { reader, title, file } of run(hostile, path.join(outDir, 'files'))) {
    const { said, seconds, megabytes } = run(measured, reader, file)
    const cells = [reader, title, megabytes.toFixed(0), seconds.toFixed(2), said]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
    if (megabytes > 64 || seconds > 1) process.exitCode = 1
  }
}

main().catch(failWith)

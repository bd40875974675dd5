#!/usr/bin/env node
/**
 * Checks formatting, lint and types, runs every test suite and ends with one line summed over all: `N passed, N failed, N skipped`.
 *
 *   node tools/test.mjs [--suite static|unit|tf|slurm|e2e] [file filters and other options of vitest]
 *
 * REQUIRE_ALL=1: a skipped test fails the run but for those that the account forbids.
 */
import fs from 'node:fs'
import path from 'node:path'
import { getTestElectron } from '../test/e2e/support/electron/get-electron.mjs'
import { ensureBuilt } from './run/build.mjs'
import { runChecks } from './run/checks.mjs'
import { failWith, runAside, runInForeground } from './run/child.mjs'
import { addTotals, countSuite, exitCodeOf, missedOf, suites, summaryLine } from './run/suites.mjs'
import { readJson } from '../src/main/setup/files.mjs'
import { projectRoot } from './setup/paths.mjs'
import { say } from '../src/main/setup/report.mjs'

function readArguments(parameters) {
  const at = parameters.indexOf('--suite')
  if (at === -1) {
    // Filters name tests: who gives some waits for nothing else.
    return { chosen: suites.filter(({ id }) => id !== 'static' || parameters.length === 0), rest: parameters }
  }
  const chosen = suites.filter((suite) => suite.id === parameters[at + 1])
  if (chosen.length === 0)
    throw Object.assign(
      new Error(
        `--suite takes one of ${suites.map((suite) => suite.id).join(', ')}; got ${String(parameters[at + 1])}`,
      ),
      { name: 'SetupError' },
    )
  return { chosen, rest: [...parameters.slice(0, at), ...parameters.slice(at + 2)] }
}

const sayTitle = ({ title }) => process.stdout.write(`\n== ${title}\n`)

async function runSuite(suite, rest) {
  sayTitle(suite)
  if (suite.id === 'static') return runChecks()
  const { report, parameters } = prepareTests(suite, rest)
  const exitCode = await runInForeground(process.execPath, parameters, { cwd: projectRoot })
  return countSuite(readJson(report), exitCode)
}

async function runSuiteAside(suite, rest) {
  const { report, parameters } = prepareTests(suite, rest)
  const { printed, exitCode } = await runAside(process.execPath, parameters, { cwd: projectRoot })
  return () => {
    sayTitle(suite)
    process.stdout.write(printed)
    return countSuite(readJson(report), exitCode)
  }
}

function prepareTests(suite, rest) {
  const report = path.join(projectRoot, 'test-results', `${suite.id}.json`)
  fs.rmSync(report, { force: true })
  const parameters = [
    path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--passWithNoTests',
    ...suite.projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ]
  return { report, parameters }
}

/**
 * What the end-to-end tests stand on; a failure here is told, and the tests that miss it skip with their own message.
 */
async function prepareEndToEnd() {
  await ensureBuilt()
  try {
    await getTestElectron()
  } catch (error) {
    say(error.message)
  }
}

async function main() {
  const { chosen, rest } = readArguments(process.argv.slice(2))
  const requireAll = process.env.REQUIRE_ALL === '1'
  if (chosen.some((suite) => suite.id === 'e2e')) await prepareEndToEnd()
  const aside = chosen.filter(({ waits }) => waits && chosen.length > 1)
  const beside = aside.map((suite) => runSuiteAside(suite, rest))
  const results = []
  for (const suite of chosen) if (!aside.includes(suite)) results.push(await runSuite(suite, rest))
  for (const told of beside) results.push((await told)())
  const totals = addTotals(results)
  for (const name of totals.failedNames) process.stdout.write(`failed: ${path.relative(projectRoot, name)}\n`)
  for (const name of totals.skippedNames) process.stdout.write(`skipped: ${path.relative(projectRoot, name)}\n`)
  process.exitCode = exitCodeOf(totals, requireAll)
  if (requireAll && missedOf(totals).length > 0)
    process.stdout.write('REQUIRE_ALL=1: a skipped test fails the run but for those that the account forbids.\n')
  process.stdout.write(`\n${summaryLine(totals)}\n`)
}

main().catch(failWith)

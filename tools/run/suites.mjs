/** The test suites, and how their reports add up. */

/**
 * Suites run one after another: each may take every core. One that `waits` (for daemons, mostly) runs beside them, and
 * prints when it has ended. The first has no projects of vitest: see checks.mjs.
 */
export const suites = [
  { id: 'static', title: 'formatting, lint and types', projects: [] },
  { id: 'unit', title: 'unit, contract and view', projects: ['unit', 'logic', 'view'] },
  { id: 'tf', title: 'TensorFlow and parity', projects: ['tf'] },
  { id: 'slurm', title: 'Slurm', projects: ['slurm'], waits: true },
  { id: 'e2e', title: 'end to end', projects: ['e2e'] },
]

const skippedStates = new Set(['skipped', 'pending', 'todo', 'disabled'])

/**
 * Counts one suite from vitest's JSON report. A file that failed before any of its tests ran counts as one failure,
 * and so does a suite that ended badly without naming a failed test (or without a report at all).
 */
export function countSuite(report, exitCode) {
  const totals = { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] }
  for (const file of report?.testResults ?? []) {
    for (const test of file.assertionResults) {
      const name = `${file.name}: ${test.fullName}`
      if (test.status === 'passed') totals.passed++
      else if (skippedStates.has(test.status)) {
        totals.skipped++
        totals.skippedNames.push(name)
      } else {
        totals.failed++
        totals.failedNames.push(name)
      }
    }
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      totals.failed++
      totals.failedNames.push(`${file.name}: ${(file.message ?? '').split('\n')[0]}`)
    }
  }
  if (exitCode !== 0 && totals.failed === 0) {
    totals.failed++
    totals.failedNames.push(
      report === undefined ? 'the suite ended without a report' : `the suite ended with exit code ${exitCode}`,
    )
  }
  return totals
}

export function addTotals(all) {
  return all.reduce(
    (sum, totals) => ({
      passed: sum.passed + totals.passed,
      failed: sum.failed + totals.failed,
      skipped: sum.skipped + totals.skipped,
      skippedNames: [...sum.skippedNames, ...totals.skippedNames],
      failedNames: [...sum.failedNames, ...totals.failedNames],
    }),
    { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] },
  )
}

export function summaryLine(totals) {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`
}

/** 0 only without failures, with at least one test run, and, where everything is required, without skips. */
export function exitCodeOf(totals, requireAll) {
  return totals.failed > 0 || totals.passed === 0 || (requireAll && missedOf(totals).length > 0) ? 1 : 0
}

/**
 * What no installation changes: some tests need an account that may mount a disk, some one that may not read everything.
 * Their titles say which.
 */
const ofTheAccount = /this account may (mount no disk|read everything)/

/** Skipped tests that could have run here, had everything been installed. */
export const missedOf = ({ skippedNames }) => skippedNames.filter((name) => !ofTheAccount.test(name))

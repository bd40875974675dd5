/** What is checked without running anything of the program: formatting, lint, types, what dependencies are. */
import path from 'node:path'
import { projectRoot } from '../setup/paths.mjs'
import { runInForeground } from './child.mjs'

const tool = (...parts) => path.join(projectRoot, 'node_modules', ...parts)

/** Each counts as one test. Lint's warnings do not fail. */
export const checks = [
  { name: 'formatting', command: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', command: [tool('eslint', 'bin', 'eslint.js'), '--quiet', '.'] },
  {
    name: 'types of the interface',
    command: [tool('vue-tsc', 'bin', 'vue-tsc.js'), '--noEmit', '-p', 'tsconfig.web.json'],
  },
  {
    name: 'types of everything else',
    command: [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.node.json'],
  },
  {
    name: 'hashes, licences and advisories of dependencies',
    command: [path.join(projectRoot, 'tools', 'supply', 'check.mjs')],
  },
]

/** Runs them one after another and counts them as a suite is counted. */
export async function runChecks(
  list = checks,
  run = (command) => runInForeground(process.execPath, command, { cwd: projectRoot }),
) {
  const totals = { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] }
  for (const { name, command } of list) {
    const passed = (await run(command)) === 0
    process.stdout.write(`${passed ? 'passed' : 'failed'}: ${name}\n`)
    if (passed) totals.passed++
    else {
      totals.failed++
      totals.failedNames.push(name)
    }
  }
  return totals
}

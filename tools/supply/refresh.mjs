#!/usr/bin/env node
/**
 * Fetches the advisories that concern package-lock.json from the registry (`npm audit`) into advisories.json, with the
 * day. Registries that are mirrors often answer no audit: then nothing changes and the exit code is 1.
 *
 *   node tools/supply/refresh.mjs
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { readJson, writeJsonAtomically } from '../../src/main/setup/files.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { advisoriesOf } from './advisories.mjs'

const file = path.join(import.meta.dirname, 'advisories.json')
const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: projectRoot,
  encoding: 'utf8',
  maxBuffer: 64 << 20,
})
const report = JSON.parse(stdout || '{}')
if (report.vulnerabilities === undefined) {
  process.stderr.write(`The registry gave no advisories: ${report.message ?? 'no answer'}. The list stays as it was.\n`)
  process.exitCode = 1
} else {
  const advisories = advisoriesOf(report)
  const fetched = new Date().toISOString().slice(0, 10)
  writeJsonAtomically(file, { ...readJson(file), fetched, advisories })
  process.stdout.write(`${advisories.length} advisories as of ${fetched} in ${path.relative(projectRoot, file)}.\n`)
}

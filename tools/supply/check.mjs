#!/usr/bin/env node
/**
 * Checks every package of package-lock.json without a network: its hash, its licence against licenses.json, its version
 * against advisories.json. One of the checks of `npm test`. Exits with 1 where one does not pass.
 *
 *   node tools/supply/check.mjs
 */
import path from 'node:path'
import { readJson } from '../../src/main/setup/files.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { advisoryFaults, ageOf } from './advisories.mjs'
import { licenseFaults } from './licenses.mjs'
import { hashFaults, lockedPackages, placeFaults } from './lockFile.mjs'

const kept = (name) => readJson(path.join(import.meta.dirname, name))

const packages = lockedPackages(readJson(path.join(projectRoot, 'package-lock.json')))
const advisories = kept('advisories.json')
const faults = [
  ...hashFaults(packages),
  ...placeFaults(packages),
  ...licenseFaults(packages, kept('licenses.json')),
  ...advisoryFaults(packages, advisories),
]
for (const fault of faults) process.stdout.write(`${fault}\n`)
process.stdout.write(`${packages.length} packages, ${faults.length} faults. ${ageOf(advisories.fetched)}\n`)
process.exitCode = faults.length > 0 ? 1 : 0

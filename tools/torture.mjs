#!/usr/bin/env node
/**
 * Kills, failing file calls and statements, and power cuts, in random order, against control and trainers that compute
 * next to nothing; then kills at random moments, of the built program's trainer too. Says what was lost, and ends with 1
 * where something was.
 *
 *   npm run torture -- --minutes 10 [--seed S] [--from TRIAL] [--only "power cut"]
 *   npm run torture -- --all [--only control]     each call and each step once
 *   npm run torture -- --only kills               at random moments alone
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'torture')
const scripts = ['test/faults/preload.ts', 'test/faults/smallTrainer.ts', 'test/fakes/control.ts']
/** Of the time, for kills at random moments. */
const killShare = 0.25

const node = (parameters, env) =>
  runInForeground(process.execPath, parameters, { cwd: projectRoot, env: { ...process.env, ...env } })

async function callsAndCuts(options, minutes) {
  for (const script of scripts) await bundle(script, outDir)
  const driver = await bundle('test/faults/torture.ts', outDir)
  const given = Object.entries({ ...options, minutes: String(minutes) }).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : value === true ? [`--${name}`] : [`--${name}`, value],
  )
  return node([driver, ...given], { ABD_FAULT_SCRIPTS: outDir })
}

const killsAtRandom = ({ seed }, minutes) =>
  node([path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'torture'], {
    ABD_TORTURE_MINUTES: String(minutes),
    ABD_TORTURE_SEED: seed,
  })

async function main() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      from: { type: 'string' },
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  })
  const minutes = Number(values.minutes)
  const isWhole = values.only === undefined && !values.all && values.from === undefined
  const codes = []
  if (values.only !== 'kills') codes.push(await callsAndCuts(values, isWhole ? minutes * (1 - killShare) : minutes))
  if (values.only === 'kills' || isWhole)
    codes.push(await killsAtRandom(values, isWhole ? minutes * killShare : minutes))
  process.exitCode = Math.max(...codes)
}

main().catch(failWith)

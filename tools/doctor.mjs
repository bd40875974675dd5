#!/usr/bin/env node
/**
 * `npm run doctor`: the engine's own report where the set-up is whole, else what plain Node can tell about this
 * machine.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const setup = spawnSync(process.execPath, [path.join(here, 'setup.mjs'), '--quiet'], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
let exitCode
if (setup.status === 0) {
  exitCode =
    spawnSync(process.execPath, [path.join(here, 'abd.mjs'), 'doctor', ...process.argv.slice(2)], { stdio: 'inherit' })
      .status ?? 1
}
if (exitCode !== 0) {
  const { describeMachine } = await import('./run/machine.mjs')
  process.stdout.write(
    `${describeMachine()
      .map(([label, value]) => `${`${label}:`.padEnd(20)}${value}`)
      .join('\n')}\n`,
  )
}
process.exitCode = exitCode ?? 1

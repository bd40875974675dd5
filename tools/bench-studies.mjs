#!/usr/bin/env node
/**
 * What studies cost control: expanding and listing 2,000 cells, following eight journals at once; and four small runs
 * with one slot and with two.
 *
 *   npm run bench:studies
 */
import path from 'node:path'
import { ensureBuilt } from './run/build.mjs'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'bench-studies')

async function main() {
  await ensureBuilt()
  const bench = await bundle('test/bench/studies.ts', outDir)
  const control = await bundle('test/fakes/control.ts', outDir)
  const trainer = await bundle('test/fakes/trainer.ts', outDir)
  process.exitCode = await runInForeground(
    process.execPath,
    [bench, path.join(projectRoot, 'out', 'main', 'control.js'), control, trainer],
    { cwd: projectRoot },
  )
}

main().catch(failWith)

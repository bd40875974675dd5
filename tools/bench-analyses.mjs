#!/usr/bin/env node
/**
 * What an analysis of 2,000 images costs, in seconds of the processor and of the clock: with the embedding, graphs
 * recorded on the way, and again without it.
 *
 *   npm run bench:analyses
 */
import path from 'node:path'
import { bundle } from './run/bundle.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

async function main() {
  const script = await bundle('test/bench/analyses.ts', path.join(projectRoot, 'out', 'bench-analyses'))
  process.exitCode = await runInForeground(process.execPath, [script], { cwd: projectRoot })
}

main().catch(failWith)

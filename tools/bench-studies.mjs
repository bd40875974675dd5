#!/usr/bin/env node
/**
 * What studies cost control: expanding and listing 2,000 cells, following eight journals at once; and four small runs
 * with one slot and with two.
 *
 *   npm run bench:studies
 */
import path from 'node:path'
import { build } from 'vite'
import { ensureBuilt } from './run/build.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const outDir = path.join(projectRoot, 'out', 'bench-studies')

async function bundle(name, entry) {
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'error',
    publicDir: false,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: {
        input: { [name]: path.join(projectRoot, entry) },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  })
  return path.join(outDir, `${name}.cjs`)
}

async function main() {
  await ensureBuilt()
  const bench = await bundle('studies', 'test/bench/studies.ts')
  const control = await bundle('fakeControl', 'test/fakes/control.ts')
  const trainer = await bundle('fakeTrainer', 'test/fakes/trainer.ts')
  process.exitCode = await runInForeground(
    process.execPath,
    [bench, path.join(projectRoot, 'out', 'main', 'control.js'), control, trainer],
    { cwd: projectRoot },
  )
}

main().catch(failWith)

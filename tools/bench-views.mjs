#!/usr/bin/env node
/**
 * A generated workspace of many runs, to look at views and to measure them.
 *
 *   node tools/bench-views.mjs --make FOLDER --runs N
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'vite'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError } from './setup/report.mjs'

async function bundle(name, entry) {
  const outDir = path.join(projectRoot, 'out', 'bench-views')
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

async function makeWorkspace(folder, runs) {
  if (fs.existsSync(path.join(folder, 'workspace.sqlite')))
    throw new SetupError(`There is a workspace in ${folder} already. Choose another folder.`)
  fs.mkdirSync(folder, { recursive: true })
  return runInForeground(process.execPath, [await bundle('make', 'test/bench/views/make.ts'), folder, runs], {
    cwd: projectRoot,
  })
}

async function main() {
  const { values } = parseArgs({ options: { make: { type: 'string' }, runs: { type: 'string', default: '10000' } } })
  if (values.make === undefined) throw new SetupError('Wanted: --make FOLDER.')
  process.exitCode = await makeWorkspace(path.resolve(values.make), values.runs)
}

main().catch(failWith)

/** Bundles of the TypeScript parts, and the generated workspace. */
import fs from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { runInForeground } from '../run/child.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError } from '../setup/report.mjs'

export async function bundle(name, entry) {
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

export async function makeWorkspace(folder, runs) {
  if (fs.existsSync(path.join(folder, 'workspace.sqlite')))
    throw new SetupError(`There is a workspace in ${folder} already. Choose another folder.`)
  fs.mkdirSync(folder, { recursive: true })
  const script = await bundle('make', 'test/bench/views/make.ts')
  const code = await runInForeground(process.execPath, [script, folder, String(runs)], { cwd: projectRoot })
  if (code !== 0) throw new SetupError(`The workspace could not be made (exit code ${code}).`)
}

/** Bundles the engine's benchmark worker out of the sources. */
import path from 'node:path'
import { build } from 'vite'
import { projectRoot } from '../setup/paths.mjs'

export async function buildWorker() {
  const outDir = path.join(projectRoot, 'out', 'bench')
  await build({
    configFile: false, root: projectRoot, logLevel: 'warn', publicDir: false,
    resolve: { alias: { '@shared': path.join(projectRoot, 'src', 'shared') } },
    build: {
      ssr: path.join(projectRoot, 'test', 'bench', 'engineWorker.ts'), outDir, target: 'node20', minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'engineWorker.mjs' } },
    },
  })
  return path.join(outDir, 'engineWorker.mjs')
}

/** Bundles the engine's benchmark worker out of the sources. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { projectRoot } from '../setup/paths.mjs'

/** The worker's script, and the environment that the product starts its trainer with. */
export async function buildWorker() {
  const outDir = path.join(projectRoot, 'out', 'bench')
  const source = (name) => path.join(projectRoot, 'test', 'bench', `${name}.ts`)
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias: { '@shared': path.join(projectRoot, 'src', 'shared') } },
    build: {
      ssr: true,
      outDir,
      target: 'node20',
      minify: false,
      rollupOptions: {
        input: {
          engineWorker: source('engineWorker'),
          stageWorker: source('stageWorker'),
          environment: source('environment'),
        },
        output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  })
  const { allocator } = await import(pathToFileURL(path.join(outDir, 'environment.mjs')).href)
  return {
    script: path.join(outDir, 'engineWorker.mjs'),
    stageScript: path.join(outDir, 'stageWorker.mjs'),
    environment: { GLIBC_TUNABLES: allocator },
  }
}

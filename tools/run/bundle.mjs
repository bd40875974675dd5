/** Bundles TypeScript of this tree for Node. */
import path from 'node:path'
import { build } from 'vite'
import { projectRoot } from '../setup/paths.mjs'

/**
 * One CommonJS file named as its entry; packages stay outside and are found from `outDir` on. What lies there stays.
 * @param {string} entry from the project's folder
 * @param {string} outDir
 */
export async function bundle(entry, outDir) {
  const name = path.basename(entry, '.ts')
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

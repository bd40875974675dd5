/** Bundles TypeScript of this tree for Node. */
import path from 'node:path'
import { build } from 'vite'
import { projectRoot } from '../setup/paths.mjs'

const nameOf = (entry) => path.basename(entry, '.ts')
const bundledAt = (entry, outDir) => path.join(outDir, `${nameOf(entry)}.cjs`)

/**
 * CommonJS files named as their entries. What lies in the folder stays.
 * @param {string[]} entries from the project's folder
 * @param {string} outDir
 * @param {{ ssr?: import('vite').SSROptions, external?: import('rollup').ExternalOption }} [options] which packages
 *   stay outside; by default all, found from `outDir` on
 * @returns {Promise<string[]>} their paths
 */
export async function bundleAll(entries, outDir, { ssr, external } = {}) {
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'error',
    publicDir: false,
    ssr,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: {
        external,
        input: Object.fromEntries(entries.map((entry) => [nameOf(entry), path.join(projectRoot, entry)])),
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  })
  return entries.map((entry) => bundledAt(entry, outDir))
}

/**
 * The same of one.
 * @param {string} entry
 * @param {string} outDir
 */
export async function bundle(entry, outDir) {
  await bundleAll([entry], outDir)
  return bundledAt(entry, outDir)
}

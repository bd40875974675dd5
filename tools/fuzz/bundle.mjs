/** The readers as one file, libraries and all, so that what they do is covered too. */
import path from 'node:path'
import { build } from 'vite'
import { projectRoot } from '../setup/paths.mjs'

/** Native, or larger than their worth. */
const outside = ['sharp', 'libsql', 'msgpackr-extract', /^@tensorflow\//]

/** @returns {Promise<{ target: string, listing: string }>} the fuzz target, and what prints the table of readers */
export async function bundleTarget(outDir) {
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true, external: ['sharp', 'libsql', 'msgpackr-extract'] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: {
        external: outside,
        input: {
          target: path.join(projectRoot, 'test/fuzz/target.ts'),
          listing: path.join(projectRoot, 'test/fuzz/listing.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'readers-[hash].cjs' },
      },
    },
  })
  return { target: path.join(outDir, 'target.cjs'), listing: path.join(outDir, 'listing.cjs') }
}

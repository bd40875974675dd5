/** The readers as one file, libraries and all, so that what they do is covered too. */
import { bundleAll } from '../run/bundle.mjs'

/** Native, or larger than their worth. */
const outside = ['sharp', 'libsql', 'msgpackr-extract']

/** @returns {Promise<{ target: string, listing: string }>} the fuzz target, and what prints the table of readers */
export async function bundleTarget(outDir) {
  const [target, listing] = await bundleAll(['test/fuzz/target.ts', 'test/fuzz/listing.ts'], outDir, {
    ssr: { noExternal: true, external: outside },
    external: [...outside, /^@tensorflow\//],
  })
  return { target, listing }
}

/** Where things lie: the checkout, and the per-user cache that all checkouts share. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export { cacheDirectory, runtimeFile } from '../../src/main/setup/paths.mjs'

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

#!/usr/bin/env node
/**
 * Prepares this checkout and the per-user cache: npm packages, the TensorFlow runtime, Electron.
 * Plain Node without packages; every npm script begins with it. Run again, it finds everything in place and takes a
 * moment.
 *
 *   node tools/setup.mjs [--quiet] [--retry-electron]
 */
import { platformRefusal, thisMachine } from './setup/platform.mjs'

const refusal = platformRefusal(thisMachine())
if (refusal) {
  console.error(refusal)
  process.exit(1)
} else {
  import('./setup/main.mjs').then(
    (main) => main.runSetup(process.argv.slice(2)),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
}

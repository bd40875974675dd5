/**
 * Builds out/ when it is older than its sources, told by their content, so that a fresh clone and a branch switch are
 * both right.
 */
import { spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { readJson, writeJsonAtomically } from '../../src/main/setup/files.mjs'
import { acquireLock } from '../../src/main/setup/lock.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError, formatSeconds, say } from '../../src/main/setup/report.mjs'

const inputs = [
  'src',
  'resources',
  'electron.vite.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.node.json',
  'tsconfig.web.json',
]
const stampName = '.abd-build.json'

function listFiles(start) {
  const stat = fs.statSync(start, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (stat.isFile()) return [start]
  return fs
    .readdirSync(start, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(path.join(start, entry.name)) : [path.join(start, entry.name)],
    )
}

/** SHA-256 over the names and contents of everything that a build reads. */
export function sourceHash(root = projectRoot) {
  const hash = crypto.createHash('sha256')
  for (const file of inputs.flatMap((input) => listFiles(path.join(root, input))).sort()) {
    hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

export function buildIsFresh(root = projectRoot, hash = sourceHash(root)) {
  const out = path.join(root, 'out')
  return readJson(path.join(out, stampName))?.hash === hash && fs.existsSync(path.join(out, 'main', 'cli.js'))
}

/** Rewrites out/ with electron-vite; what it says is shown only when it fails. */
export function build(root = projectRoot) {
  const started = performance.now()
  const hash = sourceHash(root)
  say('Building the application …')
  fs.rmSync(path.join(root, 'out', stampName), { force: true })
  const result = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn'],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
    },
  )
  if (result.status !== 0)
    throw new SetupError(`The build failed:\n${result.stdout ?? ''}${result.stderr ?? ''}`.trim())
  writeJsonAtomically(path.join(root, 'out', stampName), { hash })
  say(`  built in ${formatSeconds(performance.now() - started)}`)
}

/** Builds when stale, one process at a time per checkout. */
export async function ensureBuilt(root = projectRoot) {
  if (buildIsFresh(root)) return
  const release = await acquireLock(path.join(root, 'node_modules', '.abd-build.lock'), { activity: 'build' })
  try {
    if (!buildIsFresh(root)) build(root)
  } finally {
    release()
  }
}

/**
 * tfjs-node-gpu's own binding sources, built against the unpacked TensorFlow, or brought ready-made by a package; it
 * lies inside the folder of the TensorFlow that it is for, at a fixed distance from the libraries.
 */
import { spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { temporaryBeside } from '../machine/temporaries.mjs'
import { hashText, readJson } from './files.mjs'
import { SetupError, formatSeconds } from './report.mjs'

export const nodeApiVersion = 8

const compileFlags = ['-O2', '-std=c++17', '-fPIC', '-shared', '-w', `-DNAPI_VERSION=${nodeApiVersion}`]

function packageDirectory(root, name) {
  return path.join(root, 'node_modules', name)
}

function bindingSources(root) {
  const directory = path.join(packageDirectory(root, '@tensorflow/tfjs-node-gpu'), 'binding')
  return fs
    .readdirSync(directory)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => path.join(directory, name))
}

/**
 * Names one build: the sources, TensorFlow's version and variant, the Node-API version and the flags. Neither Node's
 * version nor the compiler's matters.
 */
export function bindingKey(root, variantId, tensorFlowVersion) {
  const version =
    readJson(path.join(packageDirectory(root, '@tensorflow/tfjs-node-gpu'), 'package.json'))?.version ?? 'unknown'
  const sources = bindingSources(root).map((file) => fs.readFileSync(file))
  return `${version}-tf${tensorFlowVersion}-${variantId}-${hashText(compileFlags.join(' '), ...sources).slice(0, 12)}`
}

/** The binding that a package brings, or undefined in a checkout. */
export function packagedBinding(root) {
  const file = path.join(root, 'resources', 'binding', 'tfjs_binding.node')
  return fs.existsSync(file) ? file : undefined
}

/** Where a binding of this key lies; a packaged one is keyed by its content. */
export function bindingFile(directory, key) {
  return path.join(directory, 'binding', key, 'tfjs_binding.node')
}

/** @param {string} file */
export function packagedBindingKey(file) {
  return `packaged-${crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex').slice(0, 12)}`
}

/** The first of CXX, g++, c++ and clang++ that answers; asked before anything is fetched. */
export function findCompiler(environment = process.env) {
  const candidates = [environment.CXX, 'g++', 'c++', 'clang++'].filter(
    (name) => typeof name === 'string' && name !== '',
  )
  const found = candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
  if (found !== undefined) return [found]
  throw new SetupError(
    "No C++ compiler was found, which builds TensorFlow's Node binding: install g++ (Debian or Ubuntu: sudo apt-get install g++; Fedora: sudo dnf install gcc-c++) and start again.",
  )
}

/**
 * Compiles into `target`. The run path leads from the binding's folder to the libraries and is relative, so the cache
 * may move as a whole, and one binding serves every variant: it takes nothing but TensorFlow's C interface.
 * @param {{ root: string, tensorFlowDirectory: string, target: string, compiler: string[], flags?: string[],
 *   report: { say(text: string): void } }} options `compiler`: the command and its first parameters
 */
export function buildBinding({ root, tensorFlowDirectory, target, compiler, flags = [], report }) {
  const started = performance.now()
  const [command, ...first] = compiler
  report.say(`Building TensorFlow's Node binding with ${compiler.join(' ')} …`)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  const libraries = path.join(tensorFlowDirectory, 'tensorflow')
  const partial = temporaryBeside(target)
  const result = spawnSync(
    command,
    [
      ...first,
      ...flags,
      ...compileFlags,
      '-I',
      path.join(packageDirectory(root, 'node-api-headers'), 'include'),
      '-I',
      path.join(libraries, 'include'),
      ...bindingSources(root).filter((file) => file.endsWith('.cc')),
      path.join(libraries, 'libtensorflow_cc.so.2'),
      path.join(libraries, 'libtensorflow_framework.so.2'),
      '-Wl,-rpath,$ORIGIN/../../tensorflow',
      '-o',
      partial,
    ],
    { encoding: 'utf8' },
  )
  if (result.status !== 0) {
    fs.rmSync(partial, { force: true })
    throw new SetupError(
      `${compiler.join(' ')} could not build TensorFlow's Node binding (g++ 9 or newer is needed; CXX chooses another compiler):\n${(result.stderr ?? String(result.error)).slice(0, 4000)}`,
    )
  }
  fs.renameSync(partial, target)
  report.say(`  built in ${formatSeconds(performance.now() - started)}`)
}

/** The three parts that come from elsewhere: Electron, Node, and TensorFlow's binding. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { buildBinding } from '../../src/main/setup/binding.mjs'
import { readJson } from '../../src/main/setup/files.mjs'
import { runtimeFile } from '../../src/main/setup/paths.mjs'
import { SetupError, say, terminalReporter } from '../../src/main/setup/report.mjs'
import { installedElectron } from '../setup/electron.mjs'

/**
 * The folder of Electron's binary: ELECTRON_DIST, else that of the electron package.
 * @returns {{ folder: string, executable: string, version: string }}
 */
export function findElectron(root, environment = process.env) {
  const installed = installedElectron(root)
  const folder = environment.ELECTRON_DIST ?? (installed === undefined ? undefined : path.dirname(installed))
  if (folder === undefined)
    throw new SetupError(
      'Electron\'s binary is not here ("node tools/setup.mjs --retry-electron" fetches it): fetch it, or name the folder of one in ELECTRON_DIST.',
    )
  const executable = path.join(folder, 'electron')
  if (!fs.existsSync(executable) || !fs.existsSync(path.join(folder, 'version')))
    throw new SetupError(`ELECTRON_DIST names ${folder}, which holds no Electron for Linux (electron, version, …).`)
  return { folder, executable, version: fs.readFileSync(path.join(folder, 'version'), 'utf8').trim().replace(/^v/, '') }
}

/** Libraries that every Linux with glibc and a C++ program has. */
const ordinaryLibraries = /linux-vdso|ld-linux|lib(c|m|dl|pthread|rt|gcc_s|stdc\+\+|atomic)\.so/

/** Whether a program asks for no library beyond the ordinary ones, so that it runs on a bare system. */
export function foreignLibraries(executable, run = spawnSync) {
  const { stdout = '' } = run('ldd', [executable], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(' ')[0])
    .filter((name) => name !== '' && !ordinaryLibraries.test(name))
}

/** The Node that packs is the Node that is shipped: what was tested is what runs. */
export function findNode(executable = process.execPath) {
  const foreign = foreignLibraries(executable)
  if (foreign.length > 0)
    throw new SetupError(
      `This Node links ${foreign[0]} and would not run elsewhere: pack with a Node of nodejs.org (20.19+, 22.12+ or 24).`,
    )
  const license = [path.join(path.dirname(executable), '..', 'LICENSE'), '/usr/share/doc/nodejs/copyright'].find(
    (file) => fs.existsSync(file),
  )
  return { executable, version: process.version.slice(1), license }
}

/** zig's compiler (from PyPI's ziglang, or on the PATH) builds for an old glibc on any machine. */
export function findZig(run = spawnSync) {
  const commands = [['zig'], ['python3', '-m', 'ziglang']]
  const named = process.env.ZIG ? [process.env.ZIG.split(' ')] : []
  return [...named, ...commands].find(
    ([command, ...first]) => run(command, [...first, 'version'], { stdio: 'ignore' }).status === 0,
  )
}

/** "2.17": the newest glibc symbol that a binary asks for. */
export function glibcFloor(file, run = spawnSync) {
  const { stdout = '' } = run('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 64 << 20 })
  const versions = [...stdout.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [Number(major), Number(minor)])
  const newest = versions.sort((a, b) => a[0] - b[0] || a[1] - b[1]).at(-1)
  return newest === undefined ? 'unknown' : newest.join('.')
}

/** Builds the binding that needs no compiler where it is installed. Resolves to the glibc that it asks for. */
export function packBinding(root, target) {
  const { tensorFlowDirectory } = readJson(runtimeFile()) ?? {}
  if (!tensorFlowDirectory || !fs.existsSync(path.join(tensorFlowDirectory, 'tensorflow', 'include')))
    throw new SetupError(
      'TensorFlow\'s headers are not in the cache, which the binding is built against: run "npm start" once.',
    )
  const zig = findZig()
  if (zig === undefined)
    say(
      "zig is not here (pip install ziglang): the binding is built by the machine's own compiler, and needs its glibc.",
    )
  buildBinding({
    root,
    tensorFlowDirectory,
    target,
    compiler: zig === undefined ? [process.env.CXX ?? 'g++'] : [...zig, 'c++'],
    flags: zig === undefined ? ['-static-libstdc++', '-static-libgcc'] : ['-target', 'x86_64-linux-gnu.2.17'],
    report: terminalReporter(),
  })
  spawnSync('strip', [target])
  return glibcFloor(target)
}

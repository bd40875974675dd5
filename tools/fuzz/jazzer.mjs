/** Jazzer.js as it can be started here: its native part is built for glibc 2.38 and later. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { projectRoot } from '../setup/paths.mjs'

const folder = path.join(projectRoot, 'tools', 'fuzz')
export const jazzer = path.join(folder, 'node_modules', '@jazzer.js', 'core', 'dist', 'cli.js')
const addon = path.join(folder, 'node_modules', '@jazzer.js', 'fuzzer', 'dist', 'addon.js')

/**
 * Node, or Node with the C library of $ABD_FUZZ_LIBRARIES: a folder with ld-linux-x86-64.so.2, libc.so.6, libstdc++.so.6
 * and what belongs to them, as the packages libc6, libstdc++6 and libgcc-s1 of Debian 13 unpack to (dpkg-deb -x).
 */
export function nodeCommand() {
  const libraries = process.env.ABD_FUZZ_LIBRARIES
  if (libraries === undefined || libraries === '') return [process.execPath]
  const paths = [libraries, '/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64']
  return [path.join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', paths.join(':'), process.execPath]
}

/** Installs what is missing. @throws Error that says what this machine lacks */
export function requireFuzzer() {
  if (!fs.existsSync(jazzer)) {
    process.stdout.write('Installing Jazzer.js …\n')
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (status !== 0) throw new Error('Jazzer.js could not be installed (npm ci in tools/fuzz).')
  }
  const [node, ...before] = nodeCommand()
  const { status, stderr } = spawnSync(node, [...before, '-e', `require(${JSON.stringify(addon)})`], {
    encoding: 'utf8',
  })
  if (status === 0) return
  if (!/GLIBC/.test(stderr)) throw new Error(`Jazzer.js does not start here:\n${stderr}`)
  throw new Error(
    'Jazzer.js needs glibc 2.38 (Ubuntu 24.04, Debian 13). With an older one, unpack the packages libc6, libstdc++6 ' +
      'and libgcc-s1 of Debian 13 into a folder and name its lib/x86_64-linux-gnu with ABD_FUZZ_LIBRARIES.',
  )
}

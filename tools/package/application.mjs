/**
 * The application's folder as it is installed: Electron with its fuses set and the window's archive, a Node for the
 * engine and the command line, and under resources/engine the engine with the packages it asks for. No archive for that:
 * the Node of a cluster must read it.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { formatBytes, say } from '../../src/main/setup/report.mjs'
import { readJson } from '../../src/main/setup/files.mjs'
import { commandLauncher, windowLauncher } from './desktop.mjs'
import { setFuses } from './fuses.mjs'
import { bundledPackages, licensesText, packageParts } from './licenses.mjs'
import { copyPackages, packagesOf } from './modules.mjs'
import { findElectron, findNode, packBinding } from './parts.mjs'
import { makeBom } from './sbom.mjs'
import { makeWindowArchive } from './windowArchive.mjs'

function copyElectron(electron, target) {
  fs.cpSync(electron.folder, target, { recursive: true, verbatimSymlinks: true })
  // The default application of a plain Electron is replaced by ours.
  fs.rmSync(path.join(target, 'resources'), { recursive: true, force: true })
  fs.renameSync(path.join(target, 'electron'), path.join(target, 'abd-workbench'))
}

/** package.json as the program reads it at run time: no scripts, nothing of the development. */
export function shippedDescription({ name, productName, version, description, license, main, engines, dependencies }) {
  return { name, productName, version, description, license, main, engines, dependencies }
}

/** Of the window, which starts from its archive. */
const windowOnly = new Set(['out/main/index.js', 'out/preload'])

function copyEngine(root, target) {
  fs.cpSync(path.join(root, 'out'), path.join(target, 'out'), {
    recursive: true,
    filter: (file) =>
      !file.endsWith('.map') && !path.basename(file).startsWith('.abd-') && !windowOnly.has(path.relative(root, file)),
  })
  fs.cpSync(path.join(root, 'resources', 'icons'), path.join(target, 'resources', 'icons'), { recursive: true })
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(target, 'LICENSE'))
  const description = shippedDescription(readJson(path.join(root, 'package.json')))
  fs.writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
}

function writeLaunchers(target) {
  const bin = path.join(target, 'bin')
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, 'abd'), commandLauncher, { mode: 0o755 })
  fs.writeFileSync(path.join(bin, 'abd-workbench'), windowLauncher, { mode: 0o755 })
}

/** The packages that the build puts into the interface's files. */
const bundledNames = ({ devDependencies }) =>
  Object.keys(devDependencies).filter(
    (name) =>
      !/^@types\/|eslint|prettier|vitest|vite|typescript|electron|playwright|^vue-tsc|test-utils|happy-dom|onnxruntime|node-api-headers|axe-core|latex-utensils|semver/.test(
        name,
      ),
  )

/** Programs that are no package of npm. */
const programParts = (electron, node) => [
  {
    name: 'Electron',
    version: electron.version,
    license: 'MIT; Chromium and the rest in LICENSES.chromium.html beside this file',
    source: 'https://github.com/electron/electron',
  },
  {
    name: 'Node.js',
    version: node.version,
    license: 'MIT, with the parts that its text names',
    source: 'https://github.com/nodejs/node',
  },
]

function licenseParts(root, { packages, electron, node }) {
  const read = (file) => (file !== undefined && fs.existsSync(file) ? [fs.readFileSync(file, 'utf8').trim()] : [])
  const [ofElectron, ofNode] = programParts(electron, node)
  const electronTexts = ['LICENSE', 'LICENSE.electron.txt'].map((name) => path.join(electron.folder, name))
  return [
    { ...ofElectron, texts: read(electronTexts.find(fs.existsSync)) },
    { ...ofNode, texts: read(node.license) },
    ...packageParts([...packages, ...bundledPackages(root, bundledNames(readJson(path.join(root, 'package.json'))))]),
  ]
}

/** What is bundled comes with all that it asks for, of which the build may have left some out. */
function writeBom(root, target, { packages, electron, node }) {
  const description = readJson(path.join(root, 'package.json'))
  const bundled = packagesOf(root, bundledNames(description), { optional: false })
  const shipped = {
    name: description.name,
    packages: [...packages, ...bundled],
    programs: programParts(electron, node),
  }
  fs.writeFileSync(path.join(target, 'sbom.cdx.json'), makeBom(root, shipped))
}

function readableByAll(folder) {
  // A folder that its owner alone may enter would lock everybody else out of the installed program.
  spawnSync('chmod', ['-R', 'u+rwX,go+rX,go-w', folder])
}

/**
 * Makes the folder anew.
 * @returns {Promise<{ electron: { version: string }, node: { version: string }, glibc: string }>}
 */
export async function makeApplication(root, target) {
  const electron = findElectron(root)
  const node = findNode()
  fs.rmSync(target, { recursive: true, force: true })
  fs.mkdirSync(path.dirname(target), { recursive: true })
  copyElectron(electron, target)
  fs.copyFileSync(node.executable, path.join(target, 'node'))
  fs.chmodSync(path.join(target, 'node'), 0o755)
  const resources = path.join(target, 'resources')
  const program = path.join(resources, 'engine')
  fs.mkdirSync(program, { recursive: true })
  copyEngine(root, program)
  await makeWindowArchive({
    root,
    description: shippedDescription(readJson(path.join(root, 'package.json'))),
    work: path.join(resources, 'window'),
    target: path.join(resources, 'app.asar'),
  })
  await setFuses(path.join(target, 'abd-workbench'))
  const packages = copyPackages(root, program)
  const glibc = packBinding(root, path.join(program, 'resources', 'binding', 'tfjs_binding.node'))
  writeLaunchers(target)
  const licenses = licensesText(licenseParts(root, { packages, electron, node }))
  fs.writeFileSync(path.join(target, 'THIRD-PARTY-LICENSES.txt'), licenses)
  writeBom(root, target, { packages, electron, node })
  readableByAll(target)
  say(
    `  Electron ${electron.version}, Node ${node.version}, ${packages.length} packages, a binding for glibc ${glibc}: ${formatBytes(sizeOf(target))}`,
  )
  return { electron, node, glibc }
}

export function sizeOf(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const place = path.join(folder, entry.name)
    return sum + (entry.isDirectory() ? sizeOf(place) : fs.lstatSync(place).size)
  }, 0)
}

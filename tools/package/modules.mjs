/** Which of node_modules is shipped: what the program asks for at run time on Linux x64 with glibc, without sources. */
import fs from 'node:fs'
import path from 'node:path'
import { readJson } from '../../src/main/setup/files.mjs'
import { SetupError } from '../../src/main/setup/report.mjs'

/** Found as Node finds it: in node_modules of the package itself, then of each folder above. */
function findPackage(name, from, root) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const place = path.join(folder, 'node_modules', name)
    if (fs.existsSync(path.join(place, 'package.json'))) return place
    if (folder === root) return undefined
  }
}

/**
 * Whether a package made for one platform is made for this one.
 * @param {{ name?: string, os?: string[], cpu?: string[], libc?: string[] }} description
 */
export function fitsPlatform({ name = '', os = [], cpu = [], libc = [] }) {
  const fits = (list, value) => list.length === 0 || list.includes(value)
  return fits(os, 'linux') && fits(cpu, 'x64') && fits(libc, 'glibc') && !/musl|wasm32/.test(name)
}

/**
 * The packages that are shipped, each with its folder and description; a dependency that is missing is an error, an
 * optional one is left out.
 * @param {string} root
 * @returns {{ name: string, version: string, directory: string, description: Record<string, any> }[]}
 */
export const productionPackages = (root) =>
  packagesOf(root, Object.keys(readJson(path.join(root, 'package.json')).dependencies))

/** The packages of these names with all that they ask for. @param {{ optional?: boolean }} [options] */
export function packagesOf(root, names, { optional: withOptional = true } = {}) {
  const found = new Map()
  const visit = (name, from, optional) => {
    const directory = findPackage(name, from, root)
    if (directory === undefined) {
      if (optional) return
      throw new SetupError(`${name} is not installed, and the package needs it: run "npm start" once and pack again.`)
    }
    const description = readJson(path.join(directory, 'package.json'))
    if (found.has(directory) || !fitsPlatform(description)) return
    found.set(directory, { name: description.name, version: description.version, directory, description })
    for (const next of Object.keys(description.dependencies ?? {}))
      visit(next, directory, next in (description.optionalDependencies ?? {}))
    if (withOptional)
      for (const next of Object.keys(description.optionalDependencies ?? {})) visit(next, directory, true)
  }
  for (const name of names) visit(name, root, false)
  return [...found.values()].sort((a, b) => a.directory.localeCompare(b.directory))
}

/** tfjs's packages are bundles for Node beside bundles for browsers and their sources: the first is asked for alone. */
const nodeBundle = /^@tensorflow\/tfjs(-(core|layers|converter|data|backend-cpu|backend-webgl))?$/

/** Folders at the top of a package alone: deeper ones of these names may be code (yaml has a dist/doc). */
const never =
  /^(test|tests|__tests__|docs?|examples?|benchmarks?|coverage|\.github)\/|\.(map|ts|mts|cts|flow|tsbuildinfo|md|markdown|yml|yaml)$|_test\.js$/i
const always = /(^|\/)(licen[cs]e|copying|notice|third.?party)[^/]*$/i

/** @param {string} name of the package @param {string} file inside it, with slashes */
export function isShipped(name, file) {
  if (always.test(file) || file === 'package.json') return true
  if (nodeBundle.test(name)) return /^dist\/[^/]+\.node\.js$/.test(file)
  // The binding is shipped ready-made: neither its sources nor what would fetch another one.
  if (name.startsWith('@tensorflow/tfjs-node')) return /^dist\/.*\.js$/.test(file) && !never.test(file)
  return !never.test(file)
}

/** Files of a package, without packages nested in it. */
function listFiles(directory, within = '') {
  return fs.readdirSync(path.join(directory, within), { withFileTypes: true }).flatMap((entry) => {
    const name = within === '' ? entry.name : `${within}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(directory, name)
    return entry.isFile() ? [name] : []
  })
}

/** Copies what is shipped; nothing is linked, so that a package is whole by itself. */
export function copyPackages(root, target, packages = productionPackages(root)) {
  for (const { name, directory } of packages) {
    const place = path.join(target, path.relative(root, directory))
    for (const file of listFiles(directory).filter((file) => isShipped(name, file))) {
      fs.mkdirSync(path.dirname(path.join(place, file)), { recursive: true })
      fs.copyFileSync(path.join(directory, file), path.join(place, file))
    }
  }
  return packages
}

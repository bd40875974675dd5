/**
 * resources/app.asar: what Electron starts, and nothing of the engine. The entries of window and preload script with
 * what they ask for, the page, the icons.
 */
import fs from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { createPackage } from '@electron/asar'
import { copyPackages, packagesOf } from './modules.mjs'

const entries = ['main/index.js', 'preload/preload.js']
const builtIn = new Set([...builtinModules, 'electron'])

/**
 * The built files that the window's entries load, and the packages that these ask for.
 * @param {string} out the folder of the build
 * @returns {{ files: string[], packages: string[] }} files relative to it
 */
export function windowParts(out) {
  const files = new Set()
  const packages = new Set()
  const visit = (file) => {
    if (files.has(file)) return
    files.add(file)
    for (const [, wanted] of fs.readFileSync(path.join(out, file), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)) {
      if (wanted.startsWith('.')) visit(path.join(path.dirname(file), wanted))
      else if (!wanted.startsWith('node:') && !builtIn.has(wanted))
        packages.add(
          wanted
            .split('/')
            .slice(0, wanted.startsWith('@') ? 2 : 1)
            .join('/'),
        )
    }
  }
  for (const entry of entries) visit(entry)
  return { files: [...files].sort(), packages: [...packages].sort() }
}

const isNoMap = (file) => !file.endsWith('.map')

/** @param {{ root: string, description: object, work: string, target: string }} options `work`: a folder of its own */
export async function makeWindowArchive({ root, description, work, target }) {
  const out = path.join(root, 'out')
  const { files, packages } = windowParts(out)
  fs.rmSync(work, { recursive: true, force: true })
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(work, 'out', file)), { recursive: true })
    fs.copyFileSync(path.join(out, file), path.join(work, 'out', file))
  }
  fs.cpSync(path.join(out, 'renderer'), path.join(work, 'out', 'renderer'), { recursive: true, filter: isNoMap })
  fs.cpSync(path.join(root, 'resources', 'icons'), path.join(work, 'resources', 'icons'), { recursive: true })
  fs.writeFileSync(path.join(work, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
  // Optional packages are native: an archive cannot load them, and these do without.
  copyPackages(root, work, packagesOf(root, packages, { optional: false }))
  await createPackage(work, target)
  fs.rmSync(work, { recursive: true, force: true })
}

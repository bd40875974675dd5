/** THIRD-PARTY-LICENSES.txt: of everything that is shipped, its licence and the licence's text. */
import fs from 'node:fs'
import path from 'node:path'

const isLicense = (name) => /^(licen[cs]e|copying|notice|third.?party.?notices?)/i.test(name)

/**
 * What package.json calls the licence, in whatever form.
 * @param {{ license?: string | { type: string }, licenses?: { type: string }[] }} description
 */
export function licenseName({ license, licenses }) {
  if (typeof license === 'string') return license
  if (license !== undefined) return license.type
  return licenses?.map(({ type }) => type).join(' OR ') || 'not stated'
}

function licenseTexts(directory) {
  return fs
    .readdirSync(directory)
    .filter((name) => isLicense(name) && fs.statSync(path.join(directory, name)).isFile())
    .sort()
    .map((name) => fs.readFileSync(path.join(directory, name), 'utf8').trim())
}

const line = '='.repeat(100)

/**
 * One part per package, in the order given; equal texts are printed once and named after.
 * @param {{ name: string, version: string, license: string, source?: string, texts: string[] }[]} parts
 */
export function licensesText(parts) {
  const printed = new Map()
  const body = parts.map(({ name, version, license, source, texts }) => {
    const head = [line, `${name} ${version}`, `Licence: ${license}`, ...(source ? [`Source: ${source}`] : []), '']
    const shown = texts.map((text) => {
      const earlier = printed.get(text)
      if (earlier !== undefined) return `The text is that of ${earlier}, above.`
      printed.set(text, name)
      return text
    })
    return [
      ...head,
      ...(shown.length > 0 ? shown : [`The package holds no text of its licence (${license}).`]),
      '',
    ].join('\n')
  })
  return `ABD Workbench is shipped with the software below, each under its own licence.\n\n${body.join('\n')}`
}

function sourceOf({ repository, homepage }) {
  const address = typeof repository === 'string' ? repository : repository?.url
  return (address ?? homepage)?.replace(/^git\+/, '').replace(/\.git$/, '')
}

/** The parts of npm's packages. */
export const packageParts = (packages) =>
  packages.map(({ name, version, directory, description }) => ({
    name,
    version,
    license: licenseName(description),
    source: sourceOf(description),
    texts: licenseTexts(directory),
  }))

/** Packages that are bundled into out/ by the build, and so shipped without their folder. */
export function bundledPackages(root, dependencies) {
  return dependencies.flatMap((name) => {
    const directory = path.join(root, 'node_modules', name)
    if (!fs.existsSync(directory)) return []
    const description = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'))
    return [{ name, version: description.version, directory, description }]
  })
}

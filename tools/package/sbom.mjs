/** sbom.cdx.json (CycloneDX): what is shipped, by name, version, licence and hash, for whoever looks for faults in it. */
import { spawnSync } from 'node:child_process'
import { SetupError } from '../../src/main/setup/report.mjs'

/** Everything of the lock file, as npm writes it. */
function lockedBom(root) {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 },
  )
  if (status !== 0) throw new SetupError(`npm could not list what is shipped: ${(stderr ?? '').trim().slice(-500)}`)
  return JSON.parse(stdout)
}

const plain = ({ name, version, license, source }) => ({
  'bom-ref': `${name}@${version}`,
  type: 'application',
  name,
  version,
  licenses: [{ license: { name: license } }],
  externalReferences: [{ type: 'vcs', url: source }],
})

/**
 * The part of npm's list that is shipped, and the programs that npm knows nothing of.
 * @param {object} bom of the whole lock file
 * @param {{ name: string, packages: { name: string, version: string }[], programs: { name: string, version: string, license: string, source: string }[] }} shipped
 */
export function shippedBom(bom, { name, packages, programs }) {
  const wanted = new Set(packages.map(({ name, version }) => `${name}@${version}`))
  const components = bom.components.filter((component) => wanted.has(`${component.name}@${component.version}`))
  const found = new Set(components.map((component) => `${component.name}@${component.version}`))
  const missing = [...wanted].filter((key) => !found.has(key))
  if (missing.length > 0)
    throw new SetupError(`package-lock.json knows nothing of ${missing.join(', ')}, which is shipped.`)
  const refs = new Set([bom.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])])
  return {
    ...bom,
    // npm takes the folder's.
    metadata: { ...bom.metadata, component: { ...bom.metadata.component, name } },
    components: [...components, ...programs.map(plain)],
    dependencies: bom.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map((entry) => ({ ...entry, dependsOn: (entry.dependsOn ?? []).filter((ref) => refs.has(ref)) })),
  }
}

export const makeBom = (root, shipped) => `${JSON.stringify(shippedBom(lockedBom(root), shipped), null, 2)}\n`

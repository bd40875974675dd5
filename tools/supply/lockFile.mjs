/** The packages of package-lock.json. */

const marker = 'node_modules/'

/** @returns {{ name: string, version: string, license?: string, integrity?: string, resolved?: string, link?: boolean }[]} */
export const lockedPackages = ({ packages }) =>
  Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, entry]) => ({
      ...entry,
      name: entry.name ?? place.slice(place.lastIndexOf(marker) + marker.length),
    }))

/** What is not fixed by a hash could be another thing tomorrow. */
export const hashFaults = (packages) =>
  packages
    .filter(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
    .map(({ name, version }) => `${name} ${version} has no SHA-512 in package-lock.json.`)

/** The lock file names no place to fetch from: the registry that npm is set to is asked. */
export const placeFaults = (packages) =>
  packages
    .filter(({ resolved, link }) => resolved !== undefined || link === true)
    .map(({ name, resolved }) => `${name} is fetched from ${resolved ?? 'a link'}, not from the registry.`)

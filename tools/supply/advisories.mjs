/** Known faults of packages, kept as a dated list (advisories.json) so that it can be checked without a network. */
import semver from 'semver'

/**
 * @typedef {{ name: string, id: number | string, severity: string, title: string, url: string, range: string }} Advisory
 * @typedef {{ fetched: string | null, advisories: Advisory[], accepted: Record<string, string> }} Kept `accepted`: why an
 *   advisory (by id) does not concern us
 */

/** As npm audit compares: a version before a release has its faults too. */
const meant = { includePrerelease: true, loose: true }

/** @param {{ name: string, version: string }[]} packages @param {Kept} kept */
export function advisoryFaults(packages, { advisories, accepted }) {
  const open = advisories.filter(({ id }) => accepted[id] === undefined)
  return packages.flatMap(({ name, version }) =>
    open
      .filter((advisory) => advisory.name === name && semver.satisfies(version, advisory.range, meant))
      .map(({ severity, title, url }) => `${name} ${version} (${severity}): ${title}. ${url}`),
  )
}

/** What `npm audit --json` tells, as it is kept: each advisory once, in a fixed order. @returns {Advisory[]} */
export function advisoriesOf(report) {
  const found = new Map()
  for (const { via } of Object.values(report.vulnerabilities))
    for (const entry of via.filter((cause) => typeof cause === 'object'))
      found.set(`${entry.source} ${entry.name}`, {
        name: entry.name,
        id: entry.source,
        severity: entry.severity,
        title: entry.title,
        url: entry.url,
        range: entry.range,
      })
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name) || String(a.id).localeCompare(String(b.id)))
}

/** @param {string | null} fetched */
export const ageOf = (fetched) =>
  fetched === null
    ? 'The list of advisories has never been fetched: "node tools/supply/refresh.mjs" does, where the registry answers.'
    : `Advisories as of ${fetched}; "node tools/supply/refresh.mjs" fetches newer ones.`

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Entry {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  resolved?: string
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> }

/** Node's look-up: in the package's own node_modules, then in each folder above. */
function isLocked(from: string, name: string): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/', place.length - 1)))) {
    if (packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`] !== undefined) return true
    if (place === '') return false
  }
}

it('locks every dependency, also those for other platforms: npm ci refuses a lock file that lacks one', () => {
  const missing = Object.entries(packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isLocked(place, name))
      .map((name) => `${place}: ${name}`),
  )
  expect(missing).toEqual([])
})

it('names no registry, so that npm takes the configured one', () => {
  expect(
    Object.entries(packages)
      .filter(([, entry]) => entry.resolved !== undefined)
      .map(([place]) => place),
  ).toEqual([])
})

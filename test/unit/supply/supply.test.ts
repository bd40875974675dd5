import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJson } from '../../../src/main/setup/files.mjs'
import { advisoriesOf, advisoryFaults, ageOf } from '../../../tools/supply/advisories.mjs'
import { isAllowed, licenseFaults } from '../../../tools/supply/licenses.mjs'
import { hashFaults, lockedPackages, placeFaults } from '../../../tools/supply/lockFile.mjs'

const root = join(import.meta.dirname, '../../..')
const integrity = `sha512-${'a'.repeat(86)}==`
const lock = {
  packages: {
    '': { name: 'own', version: '1.0.0' },
    'node_modules/one': { version: '1.2.3', license: 'MIT', integrity },
    'node_modules/one/node_modules/@scope/two': { version: '2.0.0', license: 'GPL-3.0-only', integrity },
    'node_modules/three': { version: '3.0.0', resolved: 'git+ssh://git@host/three.git' },
  },
}
const packages = lockedPackages(lock)

describe('the packages of the lock file', () => {
  it('are all of them but the project itself, by name', () => {
    expect(packages.map(({ name }) => name)).toEqual(['one', '@scope/two', 'three'])
  })
  it('are fixed by a hash and come from the registry', () => {
    expect(hashFaults(packages)).toEqual(['three 3.0.0 has no SHA-512 in package-lock.json.'])
    expect(placeFaults(packages)).toEqual([
      'three is fetched from git+ssh://git@host/three.git, not from the registry.',
    ])
  })
})

describe('licences', () => {
  const allowed = new Set(['MIT', 'Apache-2.0', 'Zlib'])
  it.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['(MIT OR CC0-1.0)', true],
    ['(CC0-1.0 OR MIT)', true],
    ['(MIT AND Zlib)', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND (GPL-3.0-only OR Apache-2.0)', true],
    ['GPL-3.0-only OR MIT AND CC0-1.0', false],
    ['SEE LICENSE IN README.md', null],
    ['', null],
  ])('%s: %s', (expression, answer) => {
    expect(isAllowed(expression, allowed)).toBe(answer)
  })
  it('that are not on the list are told, and those that nobody states', () => {
    expect(licenseFaults(packages, { allowed: { MIT: '' }, packages: {} })).toEqual([
      '@scope/two 2.0.0: GPL-3.0-only is not on the list (tools/supply/licenses.json).',
      'three 3.0.0 states no licence.',
    ])
    const known = { '@scope/two': { stated: 'GPL-3.0-only', is: 'a choice' } }
    expect(licenseFaults(packages.slice(0, 2), { allowed: { MIT: '' }, packages: known })).toEqual([])
  })
})

describe('advisories', () => {
  /** As `npm audit --json` writes them, of one package that has a fault and one that asks for it. */
  const report = {
    vulnerabilities: {
      one: {
        via: [
          {
            source: 17,
            name: 'one',
            title: 'Reads too far',
            url: 'https://github.com/advisories/GHSA-x',
            severity: 'high',
            range: '>=1.0.0 <1.2.4',
          },
        ],
      },
      '@scope/two': { via: ['one'] },
    },
  }
  const advisories = advisoriesOf(report)
  it('are kept as the registry tells them, each once', () => {
    expect(advisories).toEqual([
      {
        name: 'one',
        id: 17,
        title: 'Reads too far',
        url: 'https://github.com/advisories/GHSA-x',
        severity: 'high',
        range: '>=1.0.0 <1.2.4',
      },
    ])
  })
  it('are faults of the versions that they concern, unless somebody has said why not', () => {
    const kept = { fetched: '2026-11-01', advisories, accepted: {} }
    expect(advisoryFaults(packages, kept)).toEqual([
      'one 1.2.3 (high): Reads too far. https://github.com/advisories/GHSA-x',
    ])
    expect(advisoryFaults([{ name: 'one', version: '1.2.4' }], kept)).toEqual([])
    expect(advisoryFaults([{ name: 'one', version: '1.2.3-rc.1' }], kept)).toHaveLength(1)
    expect(advisoryFaults(packages, { ...kept, accepted: { 17: 'never called' } })).toEqual([])
  })
  it('say how old they are', () => {
    expect(ageOf('2026-11-01')).toContain('as of 2026-11-01')
    expect(ageOf(null)).toContain('never been fetched')
  })
  it('of this project are a list of that form', () => {
    const kept = readJson(join(root, 'tools/supply/advisories.json'))
    expect(Object.keys(kept).sort()).toEqual(['accepted', 'advisories', 'fetched'])
    const { packages: locked } = readJson(join(root, 'package-lock.json'))
    expect(advisoryFaults(lockedPackages({ packages: locked }), kept)).toEqual([])
  })
})

it('has a licence on the list, a hash and no place of its own for every package of this project', () => {
  const own = lockedPackages(readJson(join(root, 'package-lock.json')))
  expect(own.length).toBeGreaterThan(500)
  expect([
    ...licenseFaults(own, readJson(join(root, 'tools/supply/licenses.json'))),
    ...hashFaults(own),
    ...placeFaults(own),
  ]).toEqual([])
})

/** Every network in every container: the rows and columns of docs/imports.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { architectures } from '../../../src/main/engine/families/architectures'
import { selectNetwork } from '../../../src/main/engine/families/importers/selection'
import { importTables, knownNetworks, withImportTables } from '../../../src/main/engine/control/experiments/importsPage'
import type { StoredMap } from '../../../src/main/engine/weights/stored'
import { containers } from './containers'

const page = readFileSync(join(import.meta.dirname, '../../../docs/imports.md'), 'utf8')

/** Names and shapes as a file would hold them; each tensor at a place of its own. */
function storedNetwork({ id, params }: ReturnType<typeof knownNetworks>[number]): StoredMap {
  const { member, values } = architectures.open({ id, params }, 'architecture')
  const side = [32, 28, 64].find((candidate) => outlineAt(member, values, candidate) !== null) ?? 32
  const { shapes } = outlineAt(member, values, side) ?? { shapes: new Map() }
  let at = 0
  return new Map(
    [...shapes].map(([name, shape]) => {
      at += 4
      return [name, { dtype: 'float32', shape, strides: shape.map(() => 1), at }]
    }),
  )
}

function outlineAt(member: (typeof architectures.members)[number], values: unknown, side: number) {
  try {
    return member.outline(values as never, { classes: 10, channels: 3, height: side, width: side })
  } catch {
    return null
  }
}

const networks = knownNetworks()

describe.each(networks.map((network) => [network.label, network] as const))('%s', (label, network) => {
  const tensors = storedNetwork(network)
  // Names in a container are those of the network: one of each architecture tells.
  const first = networks.find(({ id }) => id === network.id) === network
  it.each(Object.entries(containers).slice(0, first ? undefined : 1))('%s', (_container, inFile) => {
    const opened = {
      networks: inFile(tensors),
      metadata: {},
      ignored: [],
      findings: [],
      verify: () => Promise.resolve(),
    }
    const { recognition, tensors: taken } = selectNetwork(opened, {
      architecture: { id: network.id, params: network.params },
      asked: true,
      weights: '',
      side: undefined,
    })
    expect(recognition.architecture).toMatchObject({ id: network.id, title: label })
    expect([...tensors.keys()].filter((name) => !taken.has(name))).toEqual([])
  })
})

describe('docs/imports.md', () => {
  it('has the tables that the registries give: run "npm run reference" where it has not', () => {
    expect(withImportTables(page) === page).toBe(true)
    for (const table of Object.values(importTables())) expect(page).toContain(table)
    for (const { title } of architectures.members) expect(page).toContain(`| ${title} |`)
  })
  it('names every container that is tried here', () => {
    for (const container of Object.keys(containers)) expect(page).toContain(`- ${container}`)
  })
})

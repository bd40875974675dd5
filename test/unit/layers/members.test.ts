/**
 * Control, shared, command line, renderer and other members know no member by name: neither its id nor a parameter of
 * its own. What they need of it, it declares.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyses } from '../../../src/main/engine/families/analyses'
import { architectures } from '../../../src/main/engine/families/architectures'
import { attacks } from '../../../src/main/engine/families/attacks'
import { datasets } from '../../../src/main/engine/families/datasets'
import { defenses } from '../../../src/main/engine/families/defenses'
import { distillationMethods } from '../../../src/main/engine/families/distillation'
import { terms } from '../../../src/main/engine/families/distillation/terms'
import { exporters } from '../../../src/main/engine/families/exporters'
import { runExporters } from '../../../src/main/engine/families/runExporters'
import { importers } from '../../../src/main/engine/families/importers'
import { optimizers } from '../../../src/main/engine/families/optimizers'
import { schedules } from '../../../src/main/engine/families/schedules'
import { executorMembers } from '../../../src/main/engine/control/executors'
import { strategies } from '../../../src/main/engine/families/strategies'
import { experimentSections, metricDefinitions, ownMachine } from '../../../src/shared/domain'
import type { ParameterSchema } from '../../../src/shared/schema'

const source = join(__dirname, '..', '..', '..', 'src')
const families = join(source, 'main', 'engine', 'families')

interface Member {
  readonly id: string
  readonly params: ParameterSchema
}
const membersOf = (registries: readonly { readonly members: readonly Member[] }[]): Member[] =>
  registries.flatMap((registry) => registry.members)
const idsOf = (members: readonly Member[]): ReadonlySet<string> => new Set(members.map(({ id }) => id))

const chosen = membersOf([architectures, attacks, datasets, defenses, distillationMethods])
/** Building blocks and formats: other members may name those that they are made of. */
const blocks = membersOf([analyses, exporters, importers, optimizers, runExporters, schedules, strategies, terms])
const ids = idsOf([...chosen, ...blocks])
const chosenIds = idsOf(chosen)
/** The experiment's own sections and metrics have some of these names too; they belong to no member there. */
const sharedNames = new Set([
  ...Object.values(experimentSections).flatMap(({ params }) => Object.keys(params)),
  ...Object.keys(metricDefinitions),
])
const parameters = new Set([...chosen, ...blocks].flatMap(({ params }) => Object.keys(params)))

/** Words that are a member's id and something else as well, with what they are there. */
const otherMeanings: Readonly<Record<string, string>> = {
  smooth: 'how a page scrolls',
  step: 'a step of training, of a wizard, of an icon',
  classes: 'the classes of a data set',
  safetensors: 'the ending of a file’s name',
  onnx: 'the ending of a file’s name',
  grid: 'a layout of curves and pictures',
  images: 'pictures of a stage, what an axis counts',
  card: 'the look of a choice',
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))

/** Lines without comments that are lines of their own. */
const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))

const quoted = (line: string): string[] => [...line.matchAll(/(['"`])([\w.-]+)\1/g)].map((match) => match[2] ?? '')

/** An id alone, or as the member of a metric. */
const namedId = (text: string, among: ReadonlySet<string>): string | undefined => {
  const [id = ''] = text.split('.')
  return among.has(id) && !(id in otherMeanings) && !/\.(png|ts|vue)$/.test(text) ? id : undefined
}

/** Names of several words are a member's when they are quoted; words of everyday English only where they are read. */
const namedParameters = (line: string): string[] => [
  ...quoted(line).filter((text) => parameters.has(text) && /[A-Z]/.test(text) && !sharedNames.has(text)),
  ...[...line.matchAll(/\b(?:params|values)\??\.(\w+)/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => parameters.has(name)),
]

const rooms = ['main/engine/control', 'shared', 'main/cli', 'renderer'].map((room) => join(source, room))
/** Views of single analyses: each belongs to a member. */
const ownViews = join(source, 'renderer', 'analyses')
const filesOfRooms = rooms.flatMap(filesIn).filter((file) => !file.startsWith(ownViews))

describe('a member is known by name in its own file alone', () => {
  it('its id is not', () => {
    const found = filesOfRooms.flatMap((file) =>
      linesOf(file).flatMap((line) =>
        quoted(line).flatMap((text) =>
          namedId(text, ids) === undefined ? [] : [`${relative(source, file)}: ${text}`],
        ),
      ),
    )
    expect(found).toEqual([])
  })

  it('its parameters are not', () => {
    const found = filesOfRooms.flatMap((file) =>
      linesOf(file)
        .flatMap(namedParameters)
        .map((name) => `${relative(source, file)}: ${name}`),
    )
    expect(found).toEqual([])
  })

  it('an executor is not: that of the own machine has a name for all, in one place', () => {
    const executors = join(source, 'main', 'engine', 'control', 'executors')
    const executorIds = new Set([ownMachine, ...executorMembers.map(({ id }) => id)])
    const found = filesOfRooms
      .filter((file) => !file.startsWith(executors) && !file.endsWith(join('domain', 'executors.ts')))
      .flatMap((file) =>
        linesOf(file).flatMap((line) =>
          quoted(line).flatMap((text) => (executorIds.has(text) ? [`${relative(source, file)}: ${text}`] : [])),
        ),
      )
    expect(executorIds.size).toBeGreaterThan(1)
    expect(found).toEqual([])
  })

  it('other members do not name it', () => {
    const files = filesIn(families).map((file) => ({ file, lines: linesOf(file) }))
    const declares = new Map<string, string>()
    for (const { file, lines } of files) {
      for (const line of lines) {
        const id = /\bid: '([\w-]+)'/.exec(line)?.[1]
        if (id !== undefined && chosenIds.has(id) && !declares.has(id)) declares.set(id, homeOf(file))
      }
    }
    const found = files.flatMap(({ file, lines }) =>
      lines.flatMap((line) =>
        quoted(line).flatMap((text) => {
          const id = namedId(text, chosenIds)
          return id === undefined || declares.get(id) === homeOf(file) ? [] : [`${relative(families, file)}: ${text}`]
        }),
      ),
    )
    expect([...declares.keys()].sort()).toEqual([...chosenIds].sort())
    expect(found).toEqual([])
  })
})

/** A member's folder where it has one, else its file. */
function homeOf(file: string): string {
  const [family = '', member = ''] = relative(families, file).split('/')
  return join(family, member)
}

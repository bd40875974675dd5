/** The lists of what can be brought and taken, made from the registries: the tables of docs/imports.md. */
import { onlyFromFile, type FamilyDescription, type FamilyId, type MemberDescription } from '../../../../shared/schema'
import { architectures } from '../../families/architectures'
import { families } from './families'

const membersOf = (id: FamilyId): readonly MemberDescription[] =>
  families.find((family: FamilyDescription) => family.id === id)?.members ?? []

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Networks by name: the defaults of every architecture that can be chosen, and its named settings. */
export function knownNetworks(): { id: string; label: string; params: Record<string, unknown> }[] {
  const fromFile = new Set(
    membersOf('architecture').flatMap(({ id, facts }) => (facts[onlyFromFile] === true ? [id] : [])),
  )
  return architectures.members.flatMap((member) => {
    if (fromFile.has(member.id)) return []
    const settings = [{}, ...Object.values(member.presets ?? {}).map(({ params }) => params)]
    const made = settings.map((params) => {
      const { values } = architectures.open({ id: member.id, params }, 'architecture')
      return { id: member.id, label: member.label(values as never), params: values }
    })
    return made.filter(({ label }, index) => made.findIndex((other) => other.label === label) === index)
  })
}

/** Between the marks `<!-- NAME -->` and `<!-- /NAME -->` of the page. */
export function importTables(): Readonly<Record<string, string>> {
  const networks = knownNetworks()
  const listed = (id: FamilyId, head: string): string =>
    table(
      [head, 'what it is'],
      membersOf(id).map(({ title, summary }) => [title, summary]),
    )
  return {
    networks: table(
      ['network', 'by name', 'what it is'],
      membersOf('architecture').map(({ id, title, summary }) => [
        title,
        networks
          .filter((network) => network.id === id)
          .map(({ label }) => label)
          .join(', ') || 'as the file has it',
        summary,
      ]),
    ),
    formats: listed('importer', 'file'),
    data: listed('dataset', 'data set'),
    taken: listed('exporter', 'model as'),
    runs: listed('runExporter', 'run as'),
  }
}

/** The page with its tables made anew. */
export const withImportTables = (page: string): string =>
  Object.entries(importTables()).reduce(
    (text, [name, made]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`),
        (_all, before: string, after: string) => `${before}\n\n${made}\n\n${after}`,
      ),
    page,
  )

/** What every member of every family promises, examples included. */
import { expect, it } from 'vitest'
import {
  defaultsOf,
  describeRegistry,
  isVisible,
  validateParameters,
  zodOf,
  type Field,
  type MemberDeclaration,
  type Registry,
} from '../../src/shared/schema'

/** A value that the field must refuse. */
function badValue(field: Field): unknown {
  switch (field.kind) {
    case 'integer':
      return field.max + 1
    case 'number':
      return field.max * 2 + 1
    case 'boolean':
      return 'yes'
    case 'choice':
      return 'no such option'
    case 'text':
      return 'x'.repeat(field.maxLength + 1)
    case 'path':
      return ['no path']
    case 'integerList':
      return [field.max + 1]
    default:
      return undefined
  }
}

/** Inside a `describe` of the member. */
export function testMember(member: MemberDeclaration, family: Registry<MemberDeclaration>): void {
  it('has an id that serves as flag and file name', () => {
    expect(member.id).toMatch(/^[a-z0-9][a-z0-9_-]*$/)
  })
  it('says what it is and where it comes from', () => {
    expect(member.title.length).toBeGreaterThan(1)
    expect(member.summary.length).toBeGreaterThan(10)
    expect(member.reference.citation.length).toBeGreaterThan(3)
    if (member.reference.link !== undefined) expect(member.reference.link).toMatch(/^https?:\/\//)
  })
  it('has valid defaults', () => {
    const { issues, values } = validateParameters(member.params, {}, 'params')
    // Only a person can name a file; everything else has a default that holds.
    const wantedPaths = Object.entries(member.params).flatMap(([name, field]) =>
      field.kind === 'path' && field.optional !== true ? [`params.${name}`] : [],
    )
    expect(issues.map((issue) => issue.path)).toEqual(wantedPaths)
    expect(values).toEqual(defaultsOf(member.params))
  })
  it('labels and explains every parameter', () => {
    for (const [name, field] of Object.entries(member.params)) {
      expect(field.label.length, name).toBeGreaterThan(1)
      expect(field.help.length, name).toBeGreaterThan(10)
      // A path that the researcher must name has no valid default.
      if (field.kind !== 'path') expect(zodOf(field).safeParse(field.default).success, name).toBe(true)
    }
  })
  it('refuses a bad value of every parameter at its path', () => {
    for (const [name, field] of Object.entries(member.params)) {
      const { issues } = validateParameters(member.params, { [name]: badValue(field) }, 'params')
      expect(
        issues.map((issue) => issue.path),
        name,
      ).toContain(`params.${name}`)
    }
  })
  it('refuses a parameter that it does not have', () => {
    expect(validateParameters(member.params, { noSuchParameter: 1 }, 'params').issues[0]?.path).toBe(
      'params.noSuchParameter',
    )
  })
  it('shows a parameter only under conditions on its own parameters', () => {
    for (const field of Object.values(member.params)) {
      if (field.visibleWhen) expect(Object.keys(member.params)).toContain(field.visibleWhen.field)
      expect(typeof isVisible(field, defaultsOf(member.params))).toBe('boolean')
    }
  })
  it('has valid presets', () => {
    for (const preset of Object.values(member.presets ?? {}))
      expect(validateParameters(member.params, preset.params, 'params').issues).toEqual([])
  })
  it('crosses the wire whole', () => {
    const described = describeRegistry(family).members.find((candidate) => candidate.id === member.id)
    expect(JSON.parse(JSON.stringify(described))).toEqual(described)
  })
}

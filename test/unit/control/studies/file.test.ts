import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readStudy } from '../../../../src/main/engine/control/studies/files'
import { studyFileJsonSchema } from '../../../../src/main/engine/control/studies/file/schema'
import { writeStudyFile } from '../../../../src/main/engine/control/studies/file/write'
import { studyPresets } from '../../../../src/main/engine/control/studies/presets'
import type { RefusedInputError } from '../../../../src/shared/errors'
import { listed, members, plans, study, table } from './support'

const read = (text: string, fileName?: string) => readStudy(text, fileName, table).definition
const values = (text: string) => read(`name: x\naxes:\n  ${text}\n`).axes[0]?.values
function refusal(text: string): Partial<RefusedInputError> {
  try {
    read(text)
  } catch (error) {
    const { message, wanted, got, where } = error as RefusedInputError
    return { message, wanted, got, where }
  }
  return { message: 'accepted' }
}

describe('a study file', () => {
  it('has short forms for what is varied', () => {
    expect(values('seed: 0..2')).toEqual([0, 1, 2].map((value) => ({ label: String(value), value })))
    expect(values('seed: [0..1, 7]')?.map(({ value }) => value)).toEqual([0, 1, 7])
    expect(values('attack: [blend, {id: sig, params: {frequency: 4}}]')).toEqual([
      { label: 'blend', value: { id: 'blend', params: {} } },
      { label: 'sig', value: { id: 'sig', params: { frequency: 4 } } },
    ])
    expect(values('attack: [{label: weak, value: {id: blend, params: {ratio: 0.05}}}]')).toEqual([
      { label: 'weak', value: { id: 'blend', params: { ratio: 0.05 } } },
    ])
    expect(
      values(
        'defenses: [none, sv, sv+sr, [sv, {id: sr, params: {rounds: 3}}]]'
          .replace(', [', ', {label: b, value: [')
          .replace('}}]]', '}}]}]'),
      ),
    ).toEqual([
      { label: 'none', value: [] },
      { label: 'sv', value: [{ id: 'sv', params: {} }] },
      {
        label: 'sv+sr',
        value: [
          { id: 'sv', params: {} },
          { id: 'sr', params: {} },
        ],
      },
      {
        label: 'b',
        value: [
          { id: 'sv', params: {} },
          { id: 'sr', params: { rounds: 3 } },
        ],
      },
    ])
    expect(values('poisoning.ratio: [0.01, 0.1]')).toEqual([
      { label: '0.01', value: 0.01 },
      { label: '0.1', value: 0.1 },
    ])
    expect(values('teacher.training.schedule: cosine')).toEqual([{ label: 'cosine', value: 'cosine' }])
  })

  it('tells values of one name apart by the parameters that differ, and leaves equal ones to be refused', () => {
    const labels = (text: string) => values(text)?.map(({ label }) => label)
    expect(labels('defenses: [none, {id: sv, params: {coefficient: 3}}, {id: sv, params: {coefficient: 10}}]')).toEqual(
      ['none', 'sv (coefficient 3)', 'sv (coefficient 10)'],
    )
    expect(labels('defenses: [sv+sr, [sv, {id: sr, params: {rounds: 3, portion: 0}}]]')).toEqual([
      'sv+sr (rounds default, portion default)',
      'sv+sr (rounds 3, portion 0)',
    ])
    expect(
      labels('attack: [{id: blend, params: {pattern: noise, ratio: 0.1}}, {id: blend, params: {pattern: noise}}]'),
    ).toEqual(['blend (ratio 0.1)', 'blend (ratio default)'])
    expect(labels('defenses: [sv, {label: sv, value: {id: sv, params: {layers: 3}}}]')).toEqual(['sv', 'sv'])
    expect(labels('poisoning.ratio: [0.1, 0.1]')).toEqual(['0.1', '0.1'])
    expect(labels('defenses: [sv, sv]')).toEqual(['sv', 'sv'])
    // As many as an axis may have, in a moment.
    expect(labels('seed: 0..99999')).toHaveLength(100_000)
  })

  it('names settings of members: every parameter is then given', () => {
    const [named] = values('method: [zskt/cifar10]') ?? []
    const { params, presets } = table.find('distillation', 'zskt')!
    expect(named?.label).toBe('zskt/cifar10')
    expect(Object.keys((named?.value as { params: object }).params)).toEqual(Object.keys(params))
    expect((named?.value as { params: object }).params).toMatchObject(presets.cifar10?.params ?? { none: 1 })
  })

  it('sees relative teacher files from its own folder', () => {
    const text = 'name: x\naxes: {teacher.file: [a.pt, /b/c.pt]}\n'
    expect(read(text, '/home/ann/studies/one.yml').axes[0]?.values).toEqual([
      { label: 'a.pt', value: '/home/ann/studies/a.pt' },
      { label: 'c.pt', value: '/b/c.pt' },
    ])
    expect(read(text).axes[0]?.values?.[0]?.value).toBe('a.pt')
  })

  it('has ranges for strategies that search', () => {
    const text = `
name: x
axes:
  poisoning.ratio: {range: {low: 0.01, high: 0.2, logarithmic: true}, title: Share}
strategy: {id: random, params: {trials: 5}}
`
    expect(read(text)).toMatchObject({
      axes: [{ path: 'poisoning.ratio', title: 'Share', range: { low: 0.01, high: 0.2, logarithmic: true } }],
      strategy: { id: 'random', params: { trials: 5 } },
    })
  })

  const definitions = [
    study([listed('seed', [0, 1, 2, 3]), members('attack', ['blend', 'sig']), plans('none', 'sv', 'sv+sr')]),
    study(
      [
        listed('poisoning.ratio', [0.1, 0.2], { pairedAs: 'a', title: 'Share' }),
        {
          path: 'teacher.training.epochs',
          pairedAs: 'a',
          values: [
            { label: 'short', value: 2 },
            { label: 'long', value: 20 },
          ],
        },
        { path: 'distillation.method.params.temperature', range: { low: 1, high: 20, integer: true } },
        { path: 'defenses', values: [{ label: 'strong', value: [{ id: 'sv', params: { coefficient: 4 } }] }] },
        { path: 'data', values: [{ label: 'yes', value: { id: 'signs', params: {} } }] },
      ],
      {
        note: 'Two\nlines: with "quotes"',
        base: { preset: 'quick', config: { poisoning: { target: 2 }, students: [{ defenses: [] }] } },
        exclude: [{ defenses: ['strong'] }, { 'poisoning.ratio': ['0.1', '0.2'] }],
        conditions: [{ when: { data: ['yes'] }, keep: { 'teacher.training.epochs': ['long'] } }],
        strategy: { id: 'random', params: { trials: 3 } },
        order: 'asListed',
        executor: 'slurm',
        priority: -4,
      },
    ),
    study([
      {
        path: 'recording.metricsEvery',
        values: [
          { label: '0..2', value: 4 },
          { label: 'true', value: '7' },
        ],
      },
    ]),
    study([listed('seed', [0])], {
      analyses: [
        { id: 'trigger-leakage', params: {} },
        { id: 'model-inspection', params: { testLimit: 200 }, of: 'teacher' },
      ],
    }),
    ...studyPresets(table).map(({ definition }) => definition),
  ]
  it.each(definitions)('that is written reads back the same: %#', (definition) => {
    const text = writeStudyFile(definition, table)
    expect(read(text)).toEqual(definition)
    expect(writeStudyFile(read(text), table)).toBe(text)
  })

  it.each([
    ['analyses: [trigger-leakag]', 'line 4, column 12', 'trigger-leakage'],
    ['analyses: [{id: triage, of: student}]', 'line 4, column 12', 'teacher'],
    ['analyses: [{id: triage, parms: {}}]', 'line 4', 'params'],
    ['analyses: [trigger-leakage, {id: triage, params: {rounds: many}}]', 'line 4, column 29', ''],
  ])('names the place of an analysis that cannot be asked: %s', (line, where, wanted) => {
    const text = `name: Asking\nconfig: {data: {id: signs}}\naxes: {seed: 0..1}\n${line}\n`
    const refused = refusal(text)
    expect(refused.where).toContain(where)
    expect(refused.wanted ?? '').toContain(wanted)
  })

  it('is short where short forms do', () => {
    const [definition] = definitions
    expect(writeStudyFile(definition!, table)).toBe(`name: A study
config:
  data:
    id: signs
axes:
  seed: 0..3
  attack: [blend, sig]
  defenses: [none, sv, sv+sr]
strategy: grid
`)
  })

  it('is as the published schema says: run "npm run reference" where it is not', () => {
    const published = readFileSync(join(import.meta.dirname, '../../../../resources/study.schema.json'), 'utf8')
    expect(published === studyFileJsonSchema()).toBe(true)
  })
})

describe('a study file is refused', () => {
  it('for unknown keys, with the nearest and their place', () => {
    expect(refusal('name: x\naxis: {seed: 0..1}\naxes: {}\n')).toMatchObject({
      message: 'A study file has no "axis".',
      wanted: expect.stringContaining('"axes"?'),
      where: 'line 2, column 1',
    })
    expect(refusal('name: x\naxes:\n  seed:\n    valuse: [1]\n')).toMatchObject({
      wanted: expect.stringContaining('"values"?'),
      where: 'line 4, column 5',
    })
    expect(refusal('name: x\naxes: {}\nconditions:\n  - {when: {}, kepe: {}}\n')).toMatchObject({
      wanted: expect.stringContaining('"keep"?'),
      where: 'line 4, column 16',
    })
  })
  it('for unknown paths and members, with the nearest and their place', () => {
    expect(refusal('name: x\naxes:\n  atack: [blend]\n')).toMatchObject({
      wanted: '"attack"?',
      where: 'line 3, column 3 (axes.atack)',
    })
    expect(refusal('name: x\naxes:\n  attack: [sig, blnd]\n')).toMatchObject({
      wanted: expect.stringContaining('"blend"?'),
      where: 'line 3, column 17 (axes.attack.1)',
    })
    expect(refusal('name: x\naxes:\n  method: [zskt/cifar01]\n')).toMatchObject({
      wanted: expect.stringContaining('"cifar10"?'),
    })
    expect(refusal('name: x\naxes:\n  defenses: [sv+sx]\n')).toMatchObject({ got: 'sx' })
  })
  it('for what is missing or of another kind', () => {
    expect(refusal('axes: {}\n')).toMatchObject({ message: 'The study file lacks "name".' })
    expect(refusal('name: x\naxes: {}\npriority: high\n')).toMatchObject({ where: 'line 3, column 11 (priority)' })
    expect(refusal('- a list\n').message).toContain('not as in a study file')
    expect(refusal('').message).toContain('not as in a study file')
  })
  it('where a short form stands for too much', () => {
    expect(refusal('name: x\naxes: {seed: 1..1000000000}\n')).toMatchObject({ got: '1,000,000,000 of them' })
    expect(refusal('name: x\naxes: {seed: 4..1}\n').message).toContain('no values')
  })

  describe('that is hostile:', () => {
    const quickly = (text: string) => {
      const started = performance.now()
      const got = refusal(text)
      expect(performance.now() - started).toBeLessThan(2500)
      return got
    }
    it('anchors that blow up', () => {
      const rows = Array.from({ length: 25 }, (_, row) =>
        row === 0
          ? '  a0: &a0 [x, x, x, x, x, x, x, x, x]'
          : `  a${row}: &a${row} [${Array(9)
              .fill(`*a${row - 1}`)
              .join(', ')}]`,
      )
      expect(quickly(`name: x\naxes: {}\nconfig:\n${rows.join('\n')}\n`).message).toContain('anchors')
    })
    it('tags, keys twice, merge keys', () => {
      expect(quickly('name: !!js/function "x"\naxes: {}\n').message).toContain('cannot be read as YAML')
      expect(quickly('name: !custom x\naxes: {}\n').where).toBe('line 1, column 7')
      expect(quickly('name: x\nname: y\naxes: {}\n')).toMatchObject({ where: 'line 2, column 1' })
      expect(quickly('a: &a {name: x}\n<<: *a\naxes: {}\n').message).toBe('A study file has no "a".')
      expect(quickly('name: x\naxes: {}\nconfig: {__proto__: {polluted: 1}}\n').message).toBe('accepted')
      expect(({} as { polluted?: number }).polluted).toBeUndefined()
    })
    it('depth, size, two documents, bytes that are no text', () => {
      expect(quickly(`name: x\naxes: ${'['.repeat(50_000)}`).message).toContain('nests too deeply')
      expect(quickly(`name: x\naxes:\n${'- '.repeat(20_000)}x\n`).message).not.toBe('accepted')
      expect(quickly(`name: ${'x'.repeat(150_001)}\n`).message).toContain('too large')
      expect(quickly('name: x\naxes: {}\n---\nname: y\n').message).toContain('cannot be read')
      expect(quickly('name: "\u0000"\naxes: {seed: [\u0007]}').message).not.toBe(undefined)
      expect(quickly(`name: x\naxes:\n  seed: [${'0,'.repeat(101_000)}]\n`).message).toContain('too large')
    })
  })
})

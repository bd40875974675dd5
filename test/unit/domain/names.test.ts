import { describe, expect, it } from 'vitest'
import {
  defenseName,
  modelNames,
  namePartsIn,
  withoutSeed,
  type FindMember,
  type NamedModel,
} from '../../../src/shared/domain'
import { boolean, choice, integer, number, type MemberDescription } from '../../../src/shared/schema'

const member = (id: string, title: string, more: Partial<MemberDescription> = {}): MemberDescription => ({
  id,
  title,
  summary: '',
  reference: { citation: '' },
  params: {},
  presets: {},
  facts: {},
  ...more,
})
const known: Record<string, MemberDescription> = {
  'defense/one': member('one', 'First Defense', {
    short: 'FD',
    params: {
      weight: number({ label: 'Coefficient', symbol: 'c', default: 0.1, min: 0, max: 9, help: '' }),
      members: integer({ label: 'Ensemble', default: 3, min: 1, max: 9, help: '' }),
      gradient: boolean({ label: 'KL gradient', default: true, help: '' }),
      trials: integer({ label: 'Trials', default: 8, min: 1, max: 9, help: '' }),
    },
  }),
  'defense/two': member('two', 'Second Defense', {
    short: 'SD',
    params: {
      model: choice({
        label: 'Against',
        default: 'a',
        help: '',
        options: [
          { value: 'a', label: 'the teacher' },
          { value: 'b', label: 'the student' },
        ],
      }),
    },
  }),
  'attack/patch': member('patch', 'Patch, small'),
  'attack/mix': member('mix', 'Blend'),
  'distillation/zs': member('zs', 'Zero shot', { short: 'ZS' }),
  'dataset/ten': member('ten', 'Ten Classes'),
}
const find: FindMember = (family, id) => known[`${family}/${id}`]

const model = (key: string, more: Partial<NamedModel> = {}): NamedModel => ({
  key,
  kind: 'student',
  defense: 'none',
  settings: {},
  method: 'zs',
  data: 'ten',
  attack: 'patch',
  poisonRatio: 0.1,
  seed: 0,
  runName: 'A run',
  ...more,
})
const teacher = (key: string, more: Partial<NamedModel> = {}): NamedModel =>
  model(key, { kind: 'teacher', defense: null, method: null, ...more })
const namesOf = (...models: NamedModel[]): string[] => [...modelNames(models, namePartsIn(find)).values()]

describe('names of models', () => {
  const one = { defense: 'one' }
  const both = { defense: 'one+two' }
  const table: [string, NamedModel[], string[]][] = [
    ['nothing of nothing', [], []],
    ['one model by what it is', [model('a', one)], ['FD']],
    [
      'a run by its defenses',
      [teacher('t'), model('a'), model('b', one), model('c', { defense: 'two' }), model('d', both)],
      ['Teacher', 'No defense', 'FD', 'SD', 'FD + SD'],
    ],
    [
      'the setting that differs, by its symbol',
      [model('a', { ...one, settings: { 'one.weight': 0.1 } }), model('b', { ...one, settings: { 'one.weight': 2 } })],
      ['FD c = 0.1', 'FD c = 2'],
    ],
    [
      'settings without a symbol by their labels, values in words',
      [
        model('a', { ...one, settings: { 'one.members': 3, 'one.gradient': true } }),
        model('b', { ...one, settings: { 'one.members': 5, 'one.gradient': false } }),
      ],
      ['FD ensemble 3, KL gradient on', 'FD ensemble 5, KL gradient off'],
    ],
    [
      'of several defenses each with its own',
      [
        model('a', { ...both, settings: { 'one.weight': 1, 'two.model': 'a' } }),
        model('b', { ...both, settings: { 'one.weight': 2, 'two.model': 'a' } }),
        model('c', { ...both, settings: { 'one.weight': 2, 'two.model': 'b' } }),
      ],
      [
        'FD (c = 1) + SD (against the teacher)',
        'FD (c = 2) + SD (against the teacher)',
        'FD (c = 2) + SD (against the student)',
      ],
    ],
    [
      'settings of one kind say nothing of another kind',
      [
        model('a', { ...one, settings: { 'one.weight': 1 } }),
        model('b', { ...both, settings: { 'one.weight': 2 } }),
        model('c'),
      ],
      ['FD', 'FD + SD', 'No defense'],
    ],
    [
      'a setting that only one of them has, where nothing else differs',
      [model('a', one), model('b', { ...one, settings: { 'one.weight': 2 } })],
      ['FD', 'FD c = 2'],
    ],
    [
      'no setting that shows only while another one is set',
      [
        model('a', { ...one, settings: { 'one.weight': 1 } }),
        model('b', { ...one, settings: { 'one.weight': 2, 'one.trials': 8 } }),
      ],
      ['FD c = 1', 'FD c = 2'],
    ],
    [
      'the attack that differs, and the seed last',
      [teacher('t'), model('a', one), model('b', { ...one, attack: 'mix', seed: 1, runName: 'Another' })],
      ['Teacher · Patch, small · seed 0', 'FD · Patch, small · seed 0', 'FD · Blend · seed 1'],
    ],
    [
      'ratios in words',
      [
        model('a'),
        model('b', { poisonRatio: 0.07 }),
        model('c', { poisonRatio: 0 }),
        model('d', { poisonRatio: null }),
      ],
      [
        'No defense · 10 % poisoned',
        'No defense · 7 % poisoned',
        'No defense · clean teacher',
        'No defense · teacher from a file',
      ],
    ],
    [
      'a teacher has no method that could differ',
      [teacher('t'), model('a'), model('b', { method: 'other' })],
      ['Teacher', 'No defense · ZS', 'No defense · other'],
    ],
    [
      'what a configuration diff found, before the seed',
      [
        model('a', { differences: { 'distillation.batch': 'batch 128' } }),
        model('b', { differences: { 'distillation.batch': 'batch 256' }, seed: 1 }),
      ],
      ['No defense · batch 128 · seed 0', 'No defense · batch 256 · seed 1'],
    ],
    [
      'the run only where nothing else tells them apart',
      [model('a'), model('b', { runName: 'B run' }), model('c', one)],
      ['No defense · A run', 'No defense · B run', 'FD'],
    ],
    [
      'a number where not even the run does',
      [model('b'), model('a10'), model('a9')],
      ['No defense (3)', 'No defense (2)', 'No defense'],
    ],
    [
      'members that nobody knows any more by their ids',
      [
        model('a', { defense: 'gone', settings: { 'gone.x': 1 } }),
        model('b', { defense: 'gone', settings: { 'gone.x': 2 } }),
      ],
      ['gone x 1', 'gone x 2'],
    ],
  ]
  it.each(table)('%s', (_, models, names) => expect(namesOf(...models)).toEqual(names))

  it('never says "none" or an id of a defense that is known', () => {
    expect(['none', null, undefined, ''].map((label) => defenseName(find, label))).toEqual(Array(4).fill('No defense'))
    expect(defenseName(find, 'one+two')).toBe('FD + SD')
  })

  it('does not depend on the order of the models', () => {
    const models = [teacher('t'), model('b'), model('a'), model('c', { ...one, seed: 2 })]
    const forwards = modelNames(models, namePartsIn(find))
    const backwards = modelNames([...models].reverse(), namePartsIn(find))
    expect(Object.fromEntries(backwards)).toEqual(Object.fromEntries(forwards))
    expect([...backwards.keys()]).toEqual(['c', 'a', 'b', 't'])
  })

  it('gives a thousand models a thousand names', () => {
    const models = Array.from({ length: 1000 }, (_, index) =>
      model(`run-${index >> 2}/student-${index & 3}`, {
        defense: ['none', 'one', 'two', 'one+two'][index & 3] ?? null,
        settings: { 'one.weight': (index >> 2) % 5 },
        seed: (index >> 2) % 7,
        runName: `Run ${index >> 4}`,
      }),
    )
    const names = modelNames(models, namePartsIn(find))
    expect(new Set(names.values()).size).toBe(1000)
  })

  it('keeps names apart from those that runs have by chance', () => {
    const names = namesOf(model('a'), model('b'), model('c', { runName: 'A run (2)' }))
    expect(new Set(names).size).toBe(3)
  })

  it('calls groups over seeds by what differs among them, whatever stands behind the seed', () => {
    const groups = [model('a', { seed: 3, runName: 'One, seed 3' }), model('b', { seed: 4, runName: 'Two, seed 4' })]
    expect(namesOf(...groups.map(withoutSeed))).toEqual(['No defense · One', 'No defense · Two'])
  })
})

import { describe, expect, it } from 'vitest'
import { checkStudy, expandStudy, inOrder } from '../../../../src/main/engine/control/studies/expand'
import { refuseWrongCells, resolveCells } from '../../../../src/main/engine/control/studies/resolveCells'
import type { StudyAxis, StudyDefinition } from '../../../../src/shared/domain'
import { context, listed, members, plans, resolve, study } from './support'

const cellsOf = (definition: StudyDefinition) => expandStudy(checkStudy(definition, context))
const labels = (definition: StudyDefinition) => cellsOf(definition).map(({ axes }) => Object.values(axes).join(' '))
const refusal = (axes: readonly StudyAxis[], more: Partial<StudyDefinition> = {}): string => {
  try {
    cellsOf(study(axes, more))
  } catch (error) {
    return JSON.stringify({ message: (error as Error).message, ...(error as object) })
  }
  return 'accepted'
}

describe('the cells of a study', () => {
  it('are every combination, the first axis slowest, each with one student', () => {
    const cells = cellsOf(study([members('attack', ['blend', 'sig']), plans('none', 'sv'), listed('seed', [0, 1])]))
    expect(cells.map(({ axes }) => Object.values(axes).join(' '))).toEqual([
      'blend none 0',
      'blend none 1',
      'blend sv 0',
      'blend sv 1',
      'sig none 0',
      'sig none 1',
      'sig sv 0',
      'sig sv 1',
    ])
    const resolved = cells.map(({ config }) => resolve(config))
    expect(resolved.flatMap(({ issues }) => issues.filter(({ severity }) => severity === 'error'))).toEqual([])
    expect(resolved[7]?.config).toMatchObject({
      seed: 1,
      attack: { id: 'sig' },
      students: [{ defenses: [{ id: 'sv' }] }],
      name: 'A study · sig · sv, seed 1',
    })
    expect(resolved.every(({ config }) => config.students.length === 1)).toBe(true)
  })

  it('work one seed after the other, or as listed', () => {
    const definition = study([members('attack', ['blend', 'sig']), listed('seed', [0, 1])])
    const order = (given: StudyDefinition) => inOrder(given, cellsOf(given)).map(({ index }) => index)
    expect(order(definition)).toEqual([0, 2, 1, 3])
    expect(order({ ...definition, order: 'asListed' })).toEqual([0, 1, 2, 3])
  })

  it('go together where axes are paired', () => {
    const pairedAs = 'length'
    const axes = [
      listed('teacher.training.epochs', [4, 8], { pairedAs }),
      members('attack', ['blend', 'sig']),
      listed('poisoning.ratio', [0.1, 0.2], { pairedAs }),
    ]
    expect(labels(study(axes))).toEqual(['4 blend 0.1', '4 sig 0.1', '8 blend 0.2', '8 sig 0.2'])
    expect(refusal([...axes.slice(0, 2), listed('poisoning.ratio', [0.1], { pairedAs })])).toMatch(/2 and 1/)
  })

  it('leave out what is excluded, and what conditions keep out', () => {
    const axes = [members('method', ['zskt', 'cmi']), plans('none', 'sv', 'sr')]
    const more = {
      exclude: [{ method: ['zskt'], defenses: ['sr'] }],
      conditions: [{ when: { method: ['cmi'] }, keep: { defenses: ['none'] } }],
    }
    expect(labels(study(axes, more))).toEqual(['zskt none', 'zskt sv', 'cmi none'])
    expect(cellsOf(study(axes, more)).map(({ index }) => index)).toEqual([0, 1, 2])
  })

  it('keep the parameters that the base gives a member of the same name', () => {
    const base = {
      preset: 'quick',
      config: { attack: { params: { ratio: 0.3 } } },
    }
    const [blend, sig] = cellsOf(study([members('attack', ['blend', 'sig']), plans('sr')], { base }))
    expect(blend?.config.attack).toEqual({ id: 'blend', params: { pattern: 'binaryNoise', ratio: 0.3 } })
    expect(sig?.config.attack).toEqual({ id: 'sig', params: {} })
    expect(resolve(blend?.config ?? {}).config.students[0]?.defenses[0]?.params).toMatchObject({ extra: 40, rounds: 5 })
  })

  it('are one for each student of the base, where no axis chooses defenses', () => {
    expect(labels(study([listed('seed', [0])], { base: { preset: 'gtsrb-zskt' } }))).toEqual([
      '0 none',
      '0 sv',
      '0 sv+sr',
    ])
  })

  it('choose members before they set parameters, wherever the axes stand', () => {
    const [cell] = cellsOf(study([listed('attack.params.ratio', [0.4]), members('attack', ['blend'])]))
    expect(cell?.config.attack).toEqual({ id: 'blend', params: { ratio: 0.4 } })
  })

  it('of a teacher file take it from there', () => {
    const [cell] = cellsOf(study([listed('teacher.file', ['/a.pt'])]))
    expect(cell?.config.teacher).toMatchObject({ source: 'file', file: '/a.pt' })
  })

  it('say where a defense’s parameter is set on a student that has none', () => {
    const cells = cellsOf(study([plans('none', 'sv'), listed('students.0.defenses.0.params.coefficient', [1])]))
    expect(cells.map(({ faults }) => faults.length)).toEqual([1, 0])
    expect(cells[1]?.config.students).toEqual([{ defenses: [{ id: 'sv', params: { coefficient: 1 } }] }])
  })

  it('that cannot be are named before anything starts', async () => {
    const cells = await resolveCells(cellsOf(study([listed('poisoning.ratio', [0.1, 7])])), resolve)
    expect(() => refuseWrongCells(cells)).toThrow('1 of 2 cells are not possible')
    expect(cells[1]?.issues[0]).toMatchObject({ path: 'poisoning.ratio', severity: 'error' })
  })
})

describe('a definition is refused', () => {
  it('for a path that is none, with the nearest one and the list', () => {
    const got = refusal([listed('poisoning.ration', [0.1])])
    expect(got).toContain('There is no parameter \\"poisoning.ration\\"')
    expect(got).toContain('\\"poisoning.ratio\\"?')
    expect(got).toContain('distillation.method.params.pseudoBatches')
    expect(refusal([listed('name', ['a'])])).toContain('There is no parameter')
    expect(refusal([listed('students.1.defenses.0.params.rounds', [1])])).toContain('There is no parameter')
  })
  it('for labels that are not unique, an axis without values, one path twice, values and a range', () => {
    expect(refusal([listed('seed', [1, 1])])).toContain('two values called')
    expect(refusal([listed('seed', [])])).toContain('no values')
    expect(refusal([listed('seed', [1]), listed('seed', [2])])).toContain('Two axes vary')
    expect(refusal([listed('poisoning.ratio', [1], { range: { low: 0, high: 1 } })])).toContain('values and a range')
    expect(refusal([{ path: 'poisoning.ratio', range: { low: 0, high: 1, logarithmic: true } }])).toContain('is none')
  })
  it('for an unknown preset, and conditions on what is not there, with the nearest', () => {
    expect(refusal([], { base: { preset: 'quik' } })).toContain('\\"quick\\"?')
    const axes = [members('attack', ['blend', 'sig'])]
    expect(refusal(axes, { exclude: [{ attack: ['blnd'] }] })).toContain('\\"blend\\"?')
    expect(refusal(axes, { exclude: [{ atack: ['blend'] }] })).toContain('\\"attack\\"?')
  })
  it('at once for a thousand million cells, with their number', () => {
    const axis = (path: string) =>
      listed(
        path,
        Array.from({ length: 1000 }, (_, index) => index),
      )
    const started = performance.now()
    expect(refusal([axis('seed'), axis('poisoning.target'), axis('teacher.training.epochs')])).toContain(
      '1,000,000,000 combinations',
    )
    expect(performance.now() - started).toBeLessThan(500)
  })
  it('above 100,000 cells after exclusion alone', () => {
    const seeds = listed(
      'seed',
      Array.from({ length: 60_000 }, (_, index) => index),
    )
    const axes = [members('attack', ['blend', 'sig']), seeds]
    expect(refusal(axes)).toContain('120,000 combinations')
    expect(cellsOf(study(axes, { exclude: [{ attack: ['sig'] }] }))).toHaveLength(60_000)
  })
})

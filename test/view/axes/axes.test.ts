import { describe, expect, it } from 'vitest'
import { integer, integerList, number } from '@shared/schema'
import { axisParameters, firstValues, unknownParameter } from '@renderer/axes/axisParameters'
import { readFieldValues, writeFieldValues } from '@renderer/axes/fieldValues'
import { soundRules, withoutOpenRules } from '@renderer/views/newStudy/useStudyForm'
import { inWorkOrder } from '@renderer/views/study/useQueue'
import { fakeCatalogue } from '../../fakes/catalogue'
import { fixtureAxes, fixtureDefinition, fixtureStudy } from '../studyFixtures'

describe('what an axis can vary', () => {
  const paths = (axes = fixtureAxes) =>
    axisParameters(fakeCatalogue, fakeCatalogue.defaults, axes).map(({ path }) => path)

  it('is the short names, the sections, and the parameters of members in the base or on another axis', () => {
    expect(paths().slice(0, 6)).toEqual(['seed', 'attack', 'defenses', 'method', 'data', 'teacher.file'])
    expect(paths()).toContain('poisoning.ratio')
    expect(paths()).toContain('teacher.training.epochs')
    expect(paths()).toContain('attack.params.patchSize')
    expect(paths([])).not.toContain('attack.params.strength')
    expect(paths()).toContain('attack.params.strength')
    expect(new Set(paths()).size).toBe(paths().length)
  })
  it('begins with values that can be', () => {
    const offered = axisParameters(fakeCatalogue, fakeCatalogue.defaults, [])
    const ratio = offered.find(({ path }) => path === 'poisoning.ratio')!
    expect(firstValues(ratio)).toEqual([{ label: '0.1', value: 0.1 }])
    expect(firstValues(offered[0]!).map(({ label }) => label)).toEqual(['0', '1', '2'])
    expect(unknownParameter({ path: 'gone.there' })).toMatchObject({ title: 'gone.there', kind: 'field' })
  })
})

describe('values of a parameter as text', () => {
  const ratio = number({ label: 'Ratio', default: 0.1, min: 0, max: 1, help: '' })
  const steps = integerList({ label: 'Steps', default: [], min: 1, max: 500, maxLength: 4, help: '' })
  it.each([
    [ratio, '0.01, 0.1; 0.5', [0.01, 0.1, 0.5]],
    [ratio, '0.1 0.1 0.2', [0.1, 0.2]],
    [integer({ label: 'Epochs', default: 1, min: 1, max: 9, help: '' }), '3,4', [3, 4]],
    [steps, '100, 200; 150', [[100, 200], [150]]],
    [ratio, '', []],
  ])('%# are read', (field, text, values) => expect(readFieldValues(field, text)).toEqual({ values, problem: null }))
  it('are refused with what is wanted', () => {
    expect(readFieldValues(ratio, '0.1, 7').problem).toContain('7: wanted a value from 0 to 1')
    expect(readFieldValues(ratio, 'much').problem).toContain('much')
  })
  it('are written as they are read', () => {
    const values = [[100, 200], [150]].map((value) => ({ label: String(value), value }))
    expect(writeFieldValues(values)).toBe('100, 200; 150')
  })
})

describe('rules', () => {
  it('lose what the axes no longer have', () => {
    const rules = {
      exclude: [{ attack: ['blend', 'gone'], data: ['signs'] }],
      conditions: [{ when: { attack: ['gone'] }, keep: { defenses: ['none'] } }],
    }
    expect(soundRules(fixtureAxes, rules)).toEqual({
      exclude: [{ attack: ['blend'] }],
      conditions: [{ when: {}, keep: { defenses: ['none'] } }],
    })
  })
  it('say nothing while they name nothing', () => {
    const open = fixtureDefinition({ exclude: [{}, { attack: ['blend'] }], conditions: [{ when: {}, keep: {} }] })
    expect(withoutOpenRules(open)).toMatchObject({ exclude: [{ attack: ['blend'] }], conditions: [] })
  })
})

describe('the order of work', () => {
  const study = fixtureStudy(() => 'waiting')
  it('is that of the engine’s queue; cells that it does not know come last', () => {
    const first = (queue: number[]): number[] => inWorkOrder(study.list, queue, []).map(({ index }) => index)
    expect(first([5, 3]).slice(0, 4)).toEqual([5, 3, 0, 1])
    expect(first([])).toEqual(study.list.map(({ index }) => index))
  })
  it('has cells in front that were put there', () => {
    expect(
      inWorkOrder(study.list, [0, 2, 7], [7, 2])
        .slice(0, 3)
        .map(({ index }) => index),
    ).toEqual([7, 2, 0])
  })
})

import { describe, expect, it } from 'vitest'
import { changedPaths, flattenConfig, withConfigValue } from '../../../../src/shared/domain'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { fakeMembers } from '../../../fakes/catalogue'

const resolve = (config: Record<string, unknown>) => resolveExperiment(config, fakeMembers)
const errorsOf = (config: Record<string, unknown>) =>
  resolve(config)
    .issues.filter((issue) => issue.severity === 'error')
    .map((issue) => [issue.path, issue.message])

describe('resolving an experiment', () => {
  it('fills every default of an empty input, without an issue', () => {
    const { config, issues } = resolve({})
    expect(issues).toEqual([])
    expect(config).toMatchObject({
      format: 1,
      data: { id: 'signs' },
      attack: { id: 'badnet_grid', params: { patchSize: 3, corner: 'bottomRight' } },
    })
    expect(config.students.map((plan) => plan.defenses.map((defense) => defense.id))).toEqual([[], ['sv']])
  })

  it('gives back what it gave', () => {
    const { config } = resolve({ attack: { id: 'blend' }, seed: 3 })
    expect(resolve({ ...config })).toEqual({ config, issues: [] })
    expect(resolve(JSON.parse(JSON.stringify(config)) as Record<string, unknown>).config).toEqual(config)
  })

  it.each([
    [{ sed: 1 }, 'sed', 'is not known here'],
    [{ seed: 1.5 }, 'seed', 'wanted a whole number'],
    [{ data: { id: 'imagenet' } }, 'data.id', 'wanted one of signs, cifar10, got "imagenet"'],
    [{ data: 'signs' }, 'data', 'wanted a set of values'],
    [
      { attack: { params: { patchsize: 3 } } },
      'attack.params.patchsize',
      'is no parameter here (did you mean patchSize?); known: patchSize, corner',
    ],
    [
      { attack: { params: { patchSize: 99 } } },
      'attack.params.patchSize',
      'wanted a whole number from 1 to 16 px, got 99',
    ],
    [{ teacher: { training: { epochs: 0 } } }, 'teacher.training.epochs', 'got 0'],
    [{ students: [{ defenses: [{ id: 'magic' }] }] }, 'students.0.defenses.0.id', 'wanted one of sv, sr, got "magic"'],
    [{ students: 'two' }, 'students', 'wanted a list'],
    [{ poisoning: { target: 10 } }, 'poisoning.target', 'wanted a class from 0 to 9 of signs, got 10'],
    [{ teacher: { source: 'file' } }, 'teacher.file', 'wanted the path of a weights file'],
    [{ teacher: { acknowledged: 'yes' } }, 'teacher.acknowledged', 'has a form that is not accepted here'],
    [{ students: [{ defenses: [{ id: 'sv' }, { id: 'sv' }] }] }, 'students.0.defenses.1.id', 'twice'],
    [{ teacher: { training: { batchSize: 4096 } }, data: { id: 'signs' } }, '', ''],
  ])('%j is refused at %s', (config, path, message) => {
    const errors = errorsOf(config)
    if (path === '') return expect(errors).toEqual([])
    expect(errors).toHaveLength(1)
    expect(errors[0]?.[0]).toBe(path)
    expect(errors[0]?.[1]).toContain(message)
  })

  it('stays complete where values are refused', () => {
    const { config } = resolve({ seed: 'x', data: { id: 7 }, students: [{ defenses: 3 }], recording: [] })
    expect(config.seed).toBe(0)
    expect(config.data.id).toBe('signs')
    expect(config.students).toEqual([{ defenses: [] }])
    expect(config.recording.keptSteps).toBe(200)
  })

  it.each([
    [{ poisoning: { ratio: 0 } }, 'poisoning.ratio'],
    [{ students: [] }, 'students'],
    [{ students: [{}, {}] }, 'students.1'],
    [{ recording: { imagesPerStep: 200 } }, 'recording.imagesPerStep'],
  ])('%j is accepted with a warning at %s', (config, path) => {
    expect(resolve(config).issues).toEqual([expect.objectContaining({ path, severity: 'warning' })])
  })
})

describe('dotted paths', () => {
  it('print and set the same place', () => {
    const { config } = resolve({ seed: 5, attack: { id: 'blend', params: { strength: 0.3 } } })
    const rebuilt = flattenConfig(config).reduce<Record<string, unknown>>(
      (sum, [path, value]) => withConfigValue(sum, path, value) as Record<string, unknown>,
      {},
    )
    expect(resolve(rebuilt)).toEqual({ config, issues: [] })
  })

  it('drop the parameters of a member that is replaced, and keep them when it stays', () => {
    const before = { attack: { id: 'badnet_grid', params: { patchSize: 5 } } }
    expect(withConfigValue(before, 'attack.id', 'blend')).toEqual({ attack: { id: 'blend' } })
    expect(withConfigValue(before, 'attack.id', 'badnet_grid')).toEqual(before)
    expect(before.attack.params.patchSize).toBe(5)
  })

  it.each(['', 'a..b', '__proto__.x', 'constructor.prototype.x', 'students.2.defenses'])('refuse %s', (path) => {
    expect(() => withConfigValue({ students: [] }, path, 1)).toThrow(/path|list/)
  })

  it('tell what differs', () => {
    const left = resolve({}).config
    const right = resolve({ seed: 1, students: [{ defenses: [] }] }).config
    expect(changedPaths(right, left)).toEqual(expect.arrayContaining(['seed', 'students.1.defenses.0.id']))
    expect(changedPaths(left, left)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { stageKeysOf } from '../../../../src/main/engine/control/experiments/stageKeys'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const method = { id: 'zskt', params: { pseudoBatches: 100 } }

function keys(
  given: PartialExperimentConfig,
  { device = 'cpu', files = {} }: { device?: 'cpu' | 'gpu'; files?: Record<string, string> } = {},
) {
  const { config } = resolveExperiment({ distillation: { method }, ...given }, table)
  const fingerprint = (path: string): string => (path === '' ? '' : (files[path] ?? 'absent'))
  const found = stageKeysOf(config, { table, costs, device, fingerprint })
  return Object.fromEntries(found.map(({ id, ...stage }) => [id, stage]))
}
const keyOf = (stage: string, ...given: Parameters<typeof keys>): string => keys(...given)[stage]?.key ?? ''
const sv = { id: 'sv' }
const sr = { id: 'sr', params: { takeover: 20 } }

describe('the key of a stage', () => {
  it('is the same whatever a run is called, records, and how many threads it has', () => {
    const base = keys({ students: [{}] })
    expect(
      keys({
        students: [{}],
        name: 'other',
        recording: { evaluateEvery: 7, keptSteps: 3, checkpointEvery: 5 },
        execution: { threads: 3 },
      }),
    ).toEqual(base)
  })

  it('does not depend on the order in which a configuration was put together, nor on defaults being written out', () => {
    const [one, other] = [
      { trainImages: 500, testImages: 200 },
      { testImages: 200, trainImages: 500 },
    ]
    expect(keyOf('teacher', { data: { id: 'signs', params: one } })).toBe(
      keyOf('teacher', { data: { id: 'signs', params: other } }),
    )
    expect(keyOf('teacher', { poisoning: { ratio: 0.1 } })).toBe(keyOf('teacher', {}))
  })

  it.each<[string, PartialExperimentConfig]>([
    ['seed', { seed: 1 }],
    ['data', { data: { id: 'signs', params: { trainImages: 501 } } }],
    ['attack', { attack: { id: 'blend' } }],
    ['target', { poisoning: { target: 1 } }],
    ['ratio', { poisoning: { ratio: 0.2 } }],
    ['network', { teacher: { architecture: { id: 'wrn', params: { depth: 10 } } } }],
    ['epochs', { teacher: { training: { epochs: 3 } } }],
    ['capture', { execution: { graph: false } }],
    ['precision', { execution: { precision: 'mixed' } }],
  ])('of a teacher and its students is another one with another %s', (_what, change) => {
    for (const stage of ['teacher', 'student-1'])
      expect(keyOf(stage, { ...change, students: [{}] })).not.toBe(keyOf(stage, { students: [{}] }))
  })

  it('of a teacher is the same for all methods, defenses and student networks', () => {
    const base = keyOf('teacher', { students: [{}] })
    expect(keyOf('teacher', { students: [{ defenses: [sv] }] })).toBe(base)
    expect(keyOf('teacher', { distillation: { method: { id: 'cmi' } } })).toBe(base)
    expect(keyOf('teacher', { distillation: { method, architecture: { id: 'wrn', params: { width: 2 } } } })).toBe(base)
  })

  it('has the device that computes; deterministic kernels count on a GPU alone', () => {
    expect(keyOf('teacher', {}, { device: 'gpu' })).not.toBe(keyOf('teacher', {}))
    const deterministic = { execution: { deterministic: true } }
    expect(keyOf('teacher', deterministic)).toBe(keyOf('teacher', {}))
    expect(keyOf('teacher', deterministic, { device: 'gpu' })).not.toBe(keyOf('teacher', {}, { device: 'gpu' }))
  })

  it('counts the precision where it is not float32, and of what no device computes never', () => {
    const written = { execution: { precision: 'float32' } }
    expect(keys({ ...written, students: [{}] })).toEqual(keys({ students: [{}] }))
    const [tf32, mixed] = ['tf32', 'mixed'].map((precision) => keyOf('teacher', { execution: { precision } }))
    expect(new Set([tf32, mixed, keyOf('teacher', {})]).size).toBe(3)
    expect(keyOf('data', { execution: { precision: 'mixed' } })).toBe(keyOf('data', {}))
  })

  // As they were before the first of these members got a further parameter (`laterAddition`).
  it.each([
    ['wrn', 'd8614e886ec4445944e1fbebf1877c03'],
    ['resnet', '0c4c3efd0b399be01f3e26d4da0eb48f'],
    ['cifar_resnet', '862ec587cf6eb5eaab99e44b25335ee3'],
    ['vgg', 'dc9158fd7c161276cd54daa044b07f6b'],
    ['small_vgg', '275362a0ecbd4e5ee0c00b219fa68fe9'],
    ['mobilenet_v2', 'f8a84eefbe7dc5fda02de0b184d014a9'],
    ['shufflenet_v2', 'b63e1b3c35de6eaf47fc25145d60abcf'],
    ['lenet', '93be80b2427b6684ba658ac10c8fea45'],
  ])('of a student with the network %s stays what it was', (id, key) => {
    expect(keyOf('student-1', { students: [{}], distillation: { architecture: { id }, method } })).toBe(key)
  })

  it('has the content of a teacher file, not its path, and nothing of a training that does not happen', () => {
    const from = (file: string, more: PartialExperimentConfig = {}): PartialExperimentConfig => ({
      students: [{}],
      teacher: { source: 'file', file },
      ...more,
    })
    const files = { '/a.pt': '11', '/b.pt': '11', '/c.pt': '22' }
    const key = keyOf('teacher', from('/a.pt'), { files })
    expect(keyOf('teacher', from('/b.pt'), { files })).toBe(key)
    const named = (weights: string) => ({ teacher: { source: 'file', file: '/a.pt', weights } })
    // Of a version that could not name weights, and knew fewer parameters of this network: its teachers keep their key.
    const pinned = 'e2cf8c9ef9b058e1b9c166b62f5c8533'
    expect([key, keyOf('teacher', named(''), { files })]).toEqual([pinned, pinned])
    expect(keyOf('teacher', named('netC'), { files })).not.toBe(key)
    expect(keyOf('teacher', from('/c.pt'), { files })).not.toBe(key)
    expect(keyOf('teacher', from('/a.pt', { seed: 5, poisoning: { ratio: 0.3 } }), { files })).toBe(key)
    expect(keyOf('student-1', from('/a.pt', { seed: 5 }), { files })).not.toBe(
      keyOf('student-1', from('/a.pt'), { files }),
    )
  })

  it('of a student does not depend on the other students of its run', () => {
    const alone = keyOf('student-1', { students: [{ defenses: [sv] }] })
    expect(keyOf('student-2', { students: [{}, { defenses: [sv] }] })).toBe(alone)
  })

  it('does not see parameters that are not shown', () => {
    const training = { optimizer: 'adam', momentum: 0.5 }
    expect(keyOf('teacher', { teacher: { training } })).toBe(
      keyOf('teacher', { teacher: { training: { ...training, momentum: 0.7 } } }),
    )
  })
})

describe('a student with a late defense', () => {
  it('goes on from the student without it, at the step where they part', () => {
    const found = keys({ students: [{}, { defenses: [sr] }, { defenses: [sv] }, { defenses: [sv, sr] }] })
    expect(found['student-1']?.prefix).toBeNull()
    expect(found['student-2']?.prefix).toEqual({ key: found['student-1']?.key, step: 80 })
    expect(found['student-3']?.prefix).toBeNull()
    expect(found['student-4']?.prefix).toEqual({ key: found['student-3']?.key, step: 80 })
  })

  it('begins by itself where it is told which student to go on from', () => {
    const found = keys({ students: [{}, { defenses: [{ id: 'sr', params: { start: 'first/student-1@80' } }] }] })
    expect(found['student-2']?.prefix).toBeNull()
  })
})

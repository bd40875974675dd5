import { describe, expect, it } from 'vitest'
import { changedFromDefaults } from '../../../../src/main/engine/control/experiments/changedFromDefaults'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const resolve = (config: PartialExperimentConfig) => resolveExperiment(config, table)
const changed = (config: PartialExperimentConfig): string[] => changedFromDefaults(resolve(config).config, resolve)

describe('what differs from the defaults', () => {
  it('is nothing by default', () => {
    expect(changed({})).toEqual([])
  })

  it('names another method alone, not parameters that it does not have', () => {
    expect(changed({ distillation: { method: { id: 'cmi' } } })).toEqual(['distillation.method.id'])
    expect(changed({ distillation: { method: { id: 'cmi', params: { latent: 100 } } } })).toEqual([
      'distillation.method.params.latent',
      'distillation.method.id',
    ])
  })

  it('measures a network by its place and a defense by its method', () => {
    expect(changed({ distillation: { architecture: { id: 'wrn', params: { width: 2 } } } })).toEqual([
      'distillation.architecture.params.width',
    ])
    expect(
      changed({ distillation: { method: { id: 'cmi' } }, students: [{ defenses: [] }, { defenses: [{ id: 'sr' }] }] }),
    ).toEqual(['distillation.method.id', 'students.1.defenses.0.id'])
    expect(changed({ students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: { members: 5 } }] }] })).toEqual([
      'students.1.defenses.0.params.members',
    ])
  })

  it('leaves out intervals that follow from the method’s values', () => {
    expect(changed({ distillation: { method: { id: 'dafl', params: { callsPerEpoch: 40 } } } })).toEqual([
      'distillation.method.params.callsPerEpoch',
      'distillation.method.id',
    ])
    expect(changed({ recording: { evaluateEvery: 7 } })).toEqual(['recording.evaluateEvery'])
  })

  it('counts students that were added or left out', () => {
    expect(changed({ students: [{ defenses: [] }] })).toEqual(['students.1.defenses.0.id'])
  })
})

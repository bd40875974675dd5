import { describe, expect, it } from 'vitest'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { architectures } from '../../../../src/main/engine/families/architectures'
import { choosable } from '../../../../src/shared/schema'

const table = memberTable(families)
const [network] = architectures.members.filter(({ onlyFromFile }) => onlyFromFile === true)
const architecture = { id: network?.id ?? '' }

describe('a network that only a file can bring', () => {
  it('is not offered to be chosen', () => {
    const offered = choosable(table.family('architecture')).map(({ id }) => id)
    expect(offered).not.toContain(architecture.id)
    expect(offered).toHaveLength(architectures.members.length - 1)
  })

  it.each([
    ['teacher.architecture.id', { teacher: { architecture } }],
    ['distillation.architecture.id', { distillation: { architecture } }],
  ])('is refused at %s', (path, config) => {
    expect(resolveExperiment(config, table).issues).toContainEqual({
      path,
      severity: 'error',
      message: `wanted a network that can be trained, got ${architecture.id}, which comes only with a file`,
    })
  })

  it('is taken where the teacher comes from a file', () => {
    const { issues } = resolveExperiment(
      { teacher: { source: 'file', file: '/teacher.onnx', architecture: { ...architecture, params: { nodes: 3 } } } },
      table,
    )
    expect(issues.filter(({ path }) => path.includes('architecture'))).toEqual([])
  })
})

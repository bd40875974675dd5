import { describe, expect, it } from 'vitest'
import { computedIssues } from '../../../../src/main/engine/control/experiments/computedIssues'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import type { ContinuedContext } from '../../../../src/main/engine/control/experiments/continuedStudents'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { trainableArchitectures } from '../../../../src/main/engine/families/architectures'
import { datasets } from '../../../../src/main/engine/families/datasets'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'
import { defaultsOf } from '../../../../src/shared/schema'

const table = memberTable(families)
const issuesOf = (config: PartialExperimentConfig): string[] => {
  const { config: resolved, issues } = resolveExperiment(config, table)
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([])
  return computedIssues(resolved, { costs, table, store: {} as ContinuedContext['store'] })
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => `${path} ${message}`)
}
const method = (
  id: string,
  params: Record<string, unknown> = {},
  more: PartialExperimentConfig = {},
): PartialExperimentConfig => ({ distillation: { method: { id, params } }, ...more })
const folderOf = (size: number) => ({ id: 'image_folder', params: { folder: '/pictures', size } })

describe('what would fail only after the teacher is told before the start', () => {
  it.each(['zskt', 'cmi', 'deepinversion', 'dafl', 'ood', 'kd'])('%s is fine as it is', (id) => {
    expect(issuesOf(method(id))).toEqual([])
  })

  it.each(['zskt', 'cmi', 'dafl'])('images that the generator of %s cannot make', (id) => {
    expect(issuesOf(method(id, {}, { data: folderOf(30) }))).toEqual([
      expect.stringMatching(/^distillation\.method\.id wanted image sides that are multiples of 4.*, got 30 × 30$/),
    ])
    expect(issuesOf(method(id, {}, { data: folderOf(40) }))).toEqual([])
  })
  it('not where no generator makes them, and not where nobody is distilled', () => {
    expect(issuesOf(method('deepinversion', {}, { data: folderOf(30) }))).toEqual([])
    expect(issuesOf(method('cmi', {}, { data: folderOf(30), students: [] }))).toEqual([])
  })

  it('fewer patches than a batch, more than fit into memory, and the smallest larger than the largest', () => {
    expect(issuesOf(method('ood', { patches: 100 }))).toEqual([
      'distillation.method.params.patches wanted at least the 512 patches of a batch, got 100',
    ])
    expect(issuesOf(method('ood', {}, { data: folderOf(256) }))).toEqual([
      'distillation.method.params.patches wanted at most 20,345 patches of 256 × 256 (4 GB), or smaller images, got 50,000, which take 9.8 GB',
    ])
    expect(issuesOf(method('ood', { smallestPatch: 0.5, largestPatch: 0.1 }))).toEqual([
      'distillation.method.params.smallestPatch wanted at most the largest patch, 0.1, got 0.5',
    ])
  })

  it('a synthesis without a loss', () => {
    expect(issuesOf(method('dfad', { adversarialWeight: 0 }))).toEqual([
      expect.stringContaining(
        'distillation.method.params.batchNormWeight wanted a weight above 0 for at least one loss term (batchNormWeight,',
      ),
    ])
  })

  it('a share of no image', () => {
    expect(
      issuesOf(method('kd', { percent: 0.0001 }, { data: { id: 'signs', params: { trainImages: 300 } } })),
    ).toEqual([
      'distillation.method.params.percent wanted a share of at least one of the 300 training images, got 0.0001',
    ])
  })

  it('attention transfer between networks of other levels', () => {
    const to = (id: string, params: Record<string, unknown> = {}, attention = 250) =>
      issuesOf({ distillation: { architecture: { id, params }, method: { id: 'zskt', params: { attention } } } })
    expect(to('wrn', { depth: 40, width: 4 })).toEqual([])
    expect(to('lenet')).toEqual([
      'distillation.method.params.attention wanted 0, or a student with the teacher’s levels of activations, 3 (32 × 32, 16 × 16, 8 × 8), got 250 and 1 (1 × 1)',
    ])
    expect(to('resnet')).toEqual([expect.stringContaining('got 250 and 4 (32 × 32, 16 × 16, 8 × 8, 4 × 4)')])
    expect(to('lenet', {}, 0)).toEqual([])
  })

  it('networks that cannot read such images', () => {
    expect(
      issuesOf({
        data: folderOf(8),
        teacher: { architecture: { id: 'lenet' } },
        distillation: { architecture: { id: 'lenet' } },
      }),
    ).toEqual([
      expect.stringContaining('teacher.architecture.params LeNet-5 reads images of 32 × 32'),
      expect.stringContaining('distillation.architecture.params'),
    ])
  })
})

describe('declarations that these checks rest on', () => {
  it.each(datasets.members)('$id tells the size of its images', ({ image, params }) => {
    const { height, width, channels } = image?.(defaultsOf(params) as never) ?? { height: 32, width: 32, channels: 3 }
    expect([height > 0 && height === width, [1, 3].includes(channels)]).toEqual([true, true])
  })
  it.each(trainableArchitectures)('$id tells the levels of its activations', (member) => {
    const { levels } = member.outline(defaultsOf(member.params) as never, {
      height: 32,
      width: 32,
      channels: 3,
      classes: 10,
    })
    expect(levels.length).toBeGreaterThan(0)
    for (const { height, width } of levels)
      expect(Number.isInteger(height) && height > 0 && height === width).toBe(true)
  })
})

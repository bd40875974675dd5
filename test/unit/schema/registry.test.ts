import { describe, expect, it } from 'vitest'
import { choice, createRegistry, integer, path } from '../../../src/shared/schema'

const registry = createRegistry('attack', 'Attacks', [
  {
    id: 'patch',
    title: 'Patch',
    summary: 'A patch.',
    reference: { citation: 'nobody' },
    params: {
      side: integer({ label: 'Side', help: 'Side.', default: 3, min: 1, max: 8, unit: 'px' }),
      corner: choice({
        label: 'Corner',
        help: 'Where.',
        default: 'left',
        options: [
          { value: 'left', label: 'Left' },
          { value: 'right', label: 'Right' },
        ],
      }),
    },
  },
  {
    id: 'picture',
    title: 'Picture',
    summary: 'A picture.',
    reference: { citation: 'nobody' },
    params: { file: path({ label: 'File', help: 'File.', default: '', select: 'file' }) },
  },
])

describe('a choice is opened', () => {
  it('with its member, and defaults in the place of what is not given', () => {
    expect(registry.open({ id: 'patch', params: { corner: 'right' } }, 'attack')).toEqual({
      member: registry.get('patch'),
      values: { side: 3, corner: 'right' },
    })
  })

  it.each([
    [{ id: 'path' }, { wanted: 'one of patch, picture', got: 'path', where: 'attack.id' }],
    [
      { id: 'patch', params: { side: 9 } },
      { wanted: 'a whole number from 1 to 8 px', got: '9', where: 'attack.params.side' },
    ],
    [
      { id: 'patch', params: { corner: 'top' } },
      { wanted: 'one of left, right', got: '"top"', where: 'attack.params.corner' },
    ],
    [
      { id: 'patch', params: { size: 1 } },
      { wanted: 'one of side, corner', got: 'size', where: 'attack.params.size' },
    ],
    [
      { id: 'patch', params: [1] },
      { wanted: 'a set of parameters', got: '[1]', where: 'attack.params' },
    ],
    [{ id: 'picture' }, { wanted: 'a path', got: '""', where: 'attack.params.file' }],
  ])('or refused with what was wanted, what came and where: %j', (wrong, details) => {
    let refusal: unknown
    try {
      registry.open(wrong, 'attack')
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ name: 'RefusedInputError', action: expect.any(String) as string, ...details })
  })
})

it('opened leniently, what is refused counts as the default, and an unknown member as none', () => {
  expect(registry.openLeniently({ id: 'patch', params: { side: 9, corner: 'right' } })?.values).toEqual({
    side: 3,
    corner: 'right',
  })
  expect(registry.openLeniently({ id: 'path' })).toBeUndefined()
})

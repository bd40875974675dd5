import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { referenceMarkdown } from '../../../src/main/engine/control/experiments/reference'
import { referencePage } from '../../../src/main/engine/control/experiments/referencePage'
import { integer } from '../../../src/shared/schema'

describe('docs/reference.md', () => {
  it('is what the declarations say: run "npm run reference" where it is not', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/reference.md'), 'utf8')
    expect(page === referenceMarkdown()).toBe(true)
  })
  it('names every parameter with default, range, unit and condition, and keeps tables whole', () => {
    const patch = integer({
      label: 'Patch | side',
      unit: 'px',
      default: 3,
      min: 1,
      max: 16,
      help: 'Side.\nOf the patch.',
      visibleWhen: { field: 'shape', equals: 'square' },
    })
    const member = { id: 'one', title: 'One', summary: 'A member.', reference: { citation: 'Somebody 2020' } }
    const page = referencePage({
      sections: {},
      metrics: { 'one.loss': { title: 'Loss', definition: '|x|', unit: '', group: 'loss' } },
      families: [
        { id: 'attack', title: 'Attacks', members: [{ ...member, params: { patch }, presets: {}, facts: {} }] },
      ],
    })
    expect(page).toContain(
      '| `patch` | `3` px | whole number, 1 to 16 | **Patch \\| side.** Side. Of the patch. (counts where `shape` is `square`) |',
    )
    expect(page).toContain('A member. Reference: Somebody 2020.')
    expect(page).toContain('| `one.loss` | Loss |  | \\|x\\| |')
  })
})

/** The tour shows every view in both themes. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everyView } from '../../e2e/support/views.mjs'

const docs = resolve(import.meta.dirname, '../../../docs')
const page = readFileSync(join(docs, 'tour.md'), 'utf8')
const shown = [...page.matchAll(/\]\((images\/tour\/[^)]+)\)/g)].map(([, file = '']) => file)

describe('the tour', () => {
  it('shows each view of the list, light and dark, with its sentence', () => {
    const wanted = everyView({ run: 'run' }).flatMap(({ name }) =>
      ['light', 'dark'].map((theme) => `images/tour/${name}-${theme}.webp`),
    )
    expect(shown.sort()).toEqual(wanted.sort())
    for (const { title, about } of everyView({ run: 'run' })) {
      expect(page).toContain(`## ${title}\n`)
      expect(page).toContain(about)
    }
  })

  it('has all its pictures, and none besides', () => {
    expect(shown.filter((file) => !existsSync(join(docs, file)))).toEqual([])
    expect(readdirSync(join(docs, 'images', 'tour')).length).toBe(shown.length)
  })
})

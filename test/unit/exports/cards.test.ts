import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunStore } from '../../../src/main/engine/control/store'
import { modelFileName } from '../../../src/shared/domain'
import { fakeCatalogue } from '../../fakes/catalogue'
import { finishedRun } from '../../fixtures/finishedRun'
import { temporaryFolder } from '../importers/craft/files'
import { exported } from './support'

const base = temporaryFolder()
let store: RunStore
beforeAll(async () => {
  store = await finishedRun(join(base, 'workspace'), { config: { name: 'A | <b>run</b>' } })
})

describe('a run card', () => {
  it('tells what a reader needs to repeat the run', async () => {
    const target = join(base, 'run.card.md')
    await exported(store, { format: 'card', target })
    const text = readFileSync(target, 'utf8')
    expect(text).toMatch(/^# Run card: A \\\| \\<b\\>run\\<\/b\\>\n/)
    expect(text).toContain('poisoned on purpose')
    expect(text).toMatch(/\| Teacher \| [\d.]+ \[[\d.]+, [\d.]+\] \(n = \d+\) \|/)
    expect(text).toContain('**ASR**: Attack success rate')
    expect(text).toContain('Wilson’s at 95 %')
    expect(text).toContain('abd run')
    expect(text).toContain('| `seed` | `0` |')
    await exported(store, { format: 'card', target: join(base, 'again.card.md') })
    expect(readFileSync(join(base, 'again.card.md'), 'utf8')).toBe(text)
  })

  it('does not say that a clean run is poisoned', async () => {
    const { defaults } = fakeCatalogue
    const clean = await finishedRun(join(base, 'clean'), { config: { poisoning: { ...defaults.poisoning, ratio: 0 } } })
    await exported(clean, { format: 'card', target: join(base, 'clean.md') })
    expect(readFileSync(join(base, 'clean.md'), 'utf8')).not.toContain('on purpose')
  })
})

describe('names of files of models', () => {
  it.each([
    [{ poisonRatio: 0.1, attack: 'badnet_grid' }, 'student-1-poisoned-badnet_grid'],
    [{ poisonRatio: 0, attack: 'badnet_grid' }, 'student-1'],
    [{ poisonRatio: null, attack: 'badnet_grid' }, 'student-1-untrusted'],
  ])('%j: %s', (run, name) => expect(modelFileName(run, 'student-1')).toBe(name))
})

describe('image grids', () => {
  it('lie beside a caption that says where they come from', async () => {
    const target = join(base, 'images')
    await exported(store, { format: 'images', target })
    expect(readdirSync(target).sort()).toEqual([
      'student-1-no-defense-step-40.png',
      'student-1-no-defense-step-40.txt',
      'student-2-shuffling-vaccine-step-40.png',
      'student-2-shuffling-vaccine-step-40.txt',
    ])
    const { default: sharp } = await import('sharp')
    const { width, height } = await sharp(join(target, 'student-1-no-defense-step-40.png')).metadata()
    expect([width, height]).toEqual([1024, 256])
    const caption = readFileSync(join(target, 'student-1-no-defense-step-40.txt'), 'utf8')
    expect(caption).toContain('16 synthetic images (32 × 32 pixels)')
    expect(caption).toContain('at pseudo batch 40 of 40')
    expect(caption).toContain('seed 0')
    expect(caption.match(/^row \d+: /gm)).toHaveLength(2)
  })

  it('are of the student and step that are named, or of the next kept one', async () => {
    const params = { student: 'student-2', steps: 'one', step: 7, scale: 1 }
    await exported(store, { format: 'images', target: join(base, 'one'), params })
    expect(readdirSync(join(base, 'one')).sort()).toEqual([
      'student-2-shuffling-vaccine-step-20.png',
      'student-2-shuffling-vaccine-step-20.txt',
    ])
  })

  it('are refused where none were kept, and leave no folder', async () => {
    const target = join(base, 'none')
    const params = { student: 'student-9' }
    await expect(exported(store, { format: 'images', target, params })).rejects.toThrow('no kept images')
    expect(existsSync(target)).toBe(false)
  })
})

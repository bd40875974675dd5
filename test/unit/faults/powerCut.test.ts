import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordedStep } from '../../faults/layer/record/steps'
import { SimulatedDisk, type CutMode } from '../../faults/powerCut'

let target = ''
beforeEach(() => {
  target = mkdtempSync(join(tmpdir(), 'abd-cut-'))
})
afterEach(() => rmSync(target, { recursive: true, force: true }))

const write = (inode: number, text: string, offset = 0): RecordedStep => ({
  type: 'write',
  inode,
  offset,
  data: Buffer.from(text).toString('base64'),
})
function after(steps: readonly RecordedStep[], mode: CutMode): string {
  const disk = new SimulatedDisk('/w')
  for (const step of steps) disk.apply(step)
  disk.writeTo(target, mode, () => 0.4)
  return target
}
const created: readonly RecordedStep[] = [{ type: 'create', path: '/w/new.tmp', inode: 1 }, write(1, 'new')]
const renamed: RecordedStep = { type: 'rename', from: '/w/new.tmp', to: '/w/file' }
const synced: RecordedStep = { type: 'sync', inode: 1 }
const folder: RecordedStep = { type: 'syncFolder', path: '/w' }
const old: readonly RecordedStep[] = [
  { type: 'create', path: '/w/file', inode: 9 },
  write(9, 'old'),
  { type: 'sync', inode: 9 },
  folder,
]

describe('after a power cut', () => {
  it('a file that was renamed before it was synced has its name and may be empty', () => {
    expect(readFileSync(join(after([...old, ...created, renamed], 'names'), 'file'), 'utf8')).toBe('')
  })

  it('a rename whose folder was not synced may be undone', () => {
    const steps = [...old, ...created, synced, renamed]
    expect(readFileSync(join(after(steps, 'lost'), 'file'), 'utf8')).toBe('old')
  })

  it.each(['lost', 'names', 'mixed', 'kept'] as const)('%s: what was synced, with its name, is there', (mode) => {
    const steps = [...old, ...created, synced, renamed, folder, write(1, 'er', 3)]
    expect(readFileSync(join(after(steps, mode), 'file'), 'utf8')).toMatch(/^new/)
    expect(readdirSync(target)).toEqual(['file'])
  })

  it('a folder whose own name was not synced may be gone with all that is in it', () => {
    const steps: RecordedStep[] = [
      { type: 'makeFolder', path: '/w/inner' },
      { type: 'create', path: '/w/inner/a', inode: 1 },
      write(1, 'a'),
      synced,
      { type: 'syncFolder', path: '/w/inner' },
    ]
    expect(existsSync(join(after(steps, 'lost'), 'inner'))).toBe(false)
    expect(readFileSync(join(after([...steps, folder], 'names'), 'inner', 'a'), 'utf8')).toBe('a')
  })
})

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bringTeacher } from '../../../src/main/engine/control/teacherFile'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'abd-teacher-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('bringing a teacher file into a run', () => {
  it('copies every byte of a file longer than one chunk', async () => {
    const bytes = Buffer.alloc((1 << 20) + 12345, 'teacher')
    writeFileSync(join(folder, 'teacher.pt'), bytes)
    await bringTeacher(join(folder, 'teacher.pt'), join(folder, 'copy.pt'))
    expect(readFileSync(join(folder, 'copy.pt')).equals(bytes)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('refuses a pipe that nothing writes to instead of waiting for ever', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.pt')])
    await expect(bringTeacher(join(folder, 'pipe.pt'), join(folder, 'copy.pt'))).rejects.toThrow('The teacher file cannot be read.')
    expect(existsSync(join(folder, 'copy.pt'))).toBe(false)
  })

  it('names a file that is not there', async () => {
    await expect(bringTeacher(join(folder, 'absent.pt'), join(folder, 'copy.pt'))).rejects.toThrow('The teacher file cannot be read.')
  })
})

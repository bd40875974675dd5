import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyNamedFiles, copyTeacherFile, withCopiedFiles } from '../../../../src/main/engine/control/runs/copiedFiles'
import { namedFileIssues } from '../../../../src/main/engine/control/experiments/namedFiles'
import { fakeMembers } from '../../../fakes/catalogue'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-teacher-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('copying a teacher file into a run', () => {
  it('copies every byte of a file longer than one chunk', async () => {
    const bytes = Buffer.alloc((1 << 20) + 12345, 'teacher')
    writeFileSync(join(folder, 'teacher.pt'), bytes)
    await copyTeacherFile(join(folder, 'teacher.pt'), join(folder, 'copy.pt'))
    expect(readFileSync(join(folder, 'copy.pt')).equals(bytes)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')(
    'refuses a pipe that nothing writes to instead of waiting for ever',
    async () => {
      execFileSync('mkfifo', [join(folder, 'pipe.pt')])
      await expect(copyTeacherFile(join(folder, 'pipe.pt'), join(folder, 'copy.pt'))).rejects.toThrow(
        'The teacher file cannot be read.',
      )
      expect(readdirSync(folder)).toEqual(['pipe.pt'])
    },
  )

  it('names a file that is not there', async () => {
    await expect(copyTeacherFile(join(folder, 'absent.pt'), join(folder, 'copy.pt'))).rejects.toThrow(
      'The teacher file cannot be read.',
    )
  })
})

describe('the picture that a method is made from', () => {
  const configOf = (picture: string) =>
    resolveExperiment({ distillation: { method: { id: 'ood', params: { picture } } } }, fakeMembers).config
  const pictureOf = (picture: string): string =>
    String(withCopiedFiles(configOf(picture), fakeMembers, join(folder, 'run')).distillation.method.params.picture)

  it('is what it was when the run began, whatever becomes of the original', async () => {
    const original = join(folder, 'cat.png')
    writeFileSync(original, 'a cat')
    await copyNamedFiles(configOf(original), fakeMembers, join(folder, 'run'), { anew: true })
    writeFileSync(original, 'a dog')
    await copyNamedFiles(configOf(original), fakeMembers, join(folder, 'run'), { anew: false })
    expect(readFileSync(pictureOf(original), 'utf8')).toBe('a cat')
    rmSync(original)
    await copyNamedFiles(configOf(original), fakeMembers, join(folder, 'run'), { anew: false })
    expect(readFileSync(pictureOf(original), 'utf8')).toBe('a cat')
  })

  it('is taken anew while the data stage has not passed', async () => {
    const original = join(folder, 'cat.png')
    for (const content of ['a broken cat', 'a cat']) {
      writeFileSync(original, content)
      await copyNamedFiles(configOf(original), fakeMembers, join(folder, 'run'), { anew: true })
    }
    expect(readFileSync(pictureOf(original), 'utf8')).toBe('a cat')
  })

  it('is refused by name where it has gone before the run began', async () => {
    await expect(
      copyNamedFiles(configOf(join(folder, 'absent.png')), fakeMembers, join(folder, 'run'), { anew: true }),
    ).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'distillation.method.params.picture',
      message: expect.stringContaining('absent.png') as string,
    })
  })

  it('is looked at before the start', () => {
    writeFileSync(join(folder, 'cat.png'), 'a cat')
    const messages = (picture: string) =>
      namedFileIssues(configOf(picture), fakeMembers).map(({ path, message }) => `${path} ${message}`)
    expect([messages(''), messages(join(folder, 'cat.png'))]).toEqual([[], []])
    expect(messages(folder)).toEqual([
      `distillation.method.params.picture wanted a readable file, got a folder: ${folder}`,
    ])
    expect(messages(join(folder, 'dog.png'))).toEqual([expect.stringContaining('got nothing at that path')])
    expect(messages('cat.png')).toEqual([expect.stringContaining('does not begin at the root')])
  })

  it('of other methods is none', () => {
    expect(namedFileIssues(resolveExperiment({}, fakeMembers).config, fakeMembers)).toEqual([])
  })
})

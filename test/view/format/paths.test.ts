import { describe, expect, it } from 'vitest'
import { inFolder, nameIn } from '@renderer/format/paths'

describe('paths of the engine’s machine', () => {
  it.each([
    ['/runs', '/runs/a.pt'],
    ['/runs/', '/runs/a.pt'],
    ['C:\\runs', 'C:\\runs\\a.pt'],
    ['C:\\runs\\', 'C:\\runs\\a.pt'],
  ])('joins %s and a name with one separator of its own kind', (folder, path) => {
    expect(inFolder(folder, 'a.pt')).toBe(path)
    expect(nameIn(path)).toBe('a.pt')
  })
  it('takes a path without folders for a name', () => {
    expect(nameIn('a.pt')).toBe('a.pt')
  })
})

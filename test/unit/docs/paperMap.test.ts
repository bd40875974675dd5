import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const map = readFileSync(join(root, 'docs/paper-map.md'), 'utf8')
const rows = map.split('\n').filter((line) => line.startsWith('|'))

const sourceText = (path: string): string => {
  const full = join(root, path)
  return statSync(full).isDirectory()
    ? readdirSync(full)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(full, name), 'utf8'))
        .join('\n')
    : readFileSync(full, 'utf8')
}

/** Per mention of a source file: the names that follow it up to the next file or column. */
const mentions = rows.flatMap((row) =>
  (row.split(/(?<!\\)\|/)[2] ?? '').split(/(?=`src\/)/).flatMap((part) => {
    const [path, ...names] = [...part.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
    return path?.startsWith('src/') ? [{ path, names: names.filter((name) => /^\w+$/.test(name)) }] : []
  }),
)

describe('docs/paper-map.md', () => {
  it('names files that exist and functions that they hold', () => {
    expect(mentions.length).toBeGreaterThan(25)
    const wrong = mentions.flatMap(({ path, names }) =>
      !existsSync(join(root, path))
        ? [path]
        : names.filter((name) => !sourceText(path).includes(name)).map((name) => `${path}: ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps every table row in shape', () => {
    const widths: number[] = []
    let width = 0
    for (const line of map.split('\n')) {
      const columns = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0
      if (columns > 0 && width > 0 && columns !== width) widths.push(columns)
      width = columns
    }
    expect(widths).toEqual([])
  })
})

/** What the fuzzer starts from, and what it found: every reader reads each of its inputs, or refuses it in words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judge } from '../fuzz/judge'
import { readers } from '../fuzz/readers'

const corpus = join(import.meta.dirname, '../fuzz/corpus')

describe('readers of files and frames', () => {
  it('each have inputs, and no others have', () => {
    expect(readdirSync(corpus).sort()).toEqual(readers.map(({ id }) => id).sort())
  })

  it.each(readers.map((reader) => [reader.title, reader] as const))('%s', async (_, { id, open }) => {
    const { read } = await open()
    const folder = join(corpus, id)
    const outcomes = []
    for (const name of readdirSync(folder)) {
      const outcome = await judge(read, readFileSync(join(folder, name))).catch((error: unknown) => {
        throw new Error(`${id}/${name}`, { cause: error })
      })
      if (!name.startsWith('found-')) outcomes.push(outcome)
    }
    expect(outcomes).toContain('read')
  })
})

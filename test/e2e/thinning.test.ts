import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunDetail } from '../../src/shared/domain'
import { abd, isBuilt, newWorkspace, notBuilt, removeWorkspace, tinyFlags } from './support/engine'

const flags = [...tinyFlags, '--method.pseudo-batches', '4', '--seed', '0', '--json']
const defended = { id: 'sr', params: { takeover: 0, extra: 1, iterations: 1 } }
const students = (...lists: object[][]): string[] => [
  '--set',
  `students=${JSON.stringify(lists.map((defenses) => ({ defenses })))}`,
]
const checkpointsIn = (workspace: string): string[] =>
  readdirSync(join(workspace, 'stages'), { recursive: true })
    .map(String)
    .filter((name) => name.includes('checkpoint-'))

function journalOf(workspace: string, place: string): string {
  const folder = join(workspace, place, 'journal')
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

/** The last stage of the newest run: a hash of its weights, and its place. */
async function lastStudent(workspace: string): Promise<{ print: string; place: string; bytesOnDisk: number }> {
  const shown = JSON.parse((await abd('show', 'latest', '--workspace', workspace, '--json')).stdout) as RunDetail
  const { weights, place = '' } = shown.stages.at(-1) ?? {}
  const print = createHash('sha256')
    .update(readFileSync(weights ?? ''))
    .digest('hex')
  return { print, place, bytesOnDisk: shown.bytesOnDisk }
}

describe.skipIf(!isBuilt)(isBuilt ? 'a defended student whose beginning was removed' : notBuilt, () => {
  let [apart, together] = ['', '']
  beforeAll(() => {
    apart = newWorkspace()
    together = newWorkspace()
  })
  afterAll(() => {
    removeWorkspace(apart)
    removeWorkspace(together)
  })

  it('is the one that went on from it, bit for bit, and neither leaves a checkpoint', async () => {
    const run = async (workspace: string, lists: object[][]): Promise<string> => {
      const { code, stderr } = await abd('run', '--workspace', workspace, ...flags, ...students(...lists))
      expect(code, stderr).toBe(0)
      return stderr
    }
    await run(apart, [[]])
    expect(checkpointsIn(apart)).toEqual([])
    await run(apart, [[defended]])
    await run(together, [[], [defended]])
    const [alone, after] = [await lastStudent(apart), await lastStudent(together)]
    expect(alone.place).toBe(after.place)
    expect(journalOf(together, after.place)).toContain('goes on from step 4')
    expect(journalOf(apart, alone.place)).not.toContain('goes on from step 4')
    expect(alone.print).toBe(after.print)
    expect([...checkpointsIn(apart), ...checkpointsIn(together)]).toEqual([])
    // Weights of a teacher and a student, images and journals; a checkpoint alone would be more than a megabyte.
    expect(alone.bytesOnDisk).toBeLessThan(4e6)
  }, 240_000)
})

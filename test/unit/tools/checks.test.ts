import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checks, runChecks } from '../../../tools/run/checks.mjs'

describe('the checks that run nothing', () => {
  it('name tools that are installed', () => {
    for (const { command } of checks) expect(existsSync(command[0] as string), command[0]).toBe(true)
  })

  it('each count as one test', async () => {
    const codes = [0, 2, 0]
    const totals = await runChecks(
      ['a', 'b', 'c'].map((name) => ({ name, command: [name] })),
      async () => codes.shift() as number,
    )
    expect(totals).toEqual({ passed: 2, failed: 1, skipped: 0, skippedNames: [], failedNames: ['b'] })
  })
})

import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { bundle } from '../../fixtures/bundle'

const size = 1_000_000

/** What arrives of a long answer through a pipe whose reader takes its time. */
async function arrived(script: string): Promise<number> {
  const child = spawn(process.execPath, [script, String(size)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => setTimeout(resolve, 300))
  let length = 0
  for await (const chunk of child.stdout) length += (chunk as Buffer).length
  return length
}

it('keeps the process until a slow reader has everything', async () => {
  const script = await bundle('test/fixtures/longAnswer.ts')
  expect(await arrived(script)).toBe(size)
})

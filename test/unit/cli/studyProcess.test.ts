import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../fixtures/bundle'
import { createFakeWorkspace, type FakeWorkspace } from '../../fixtures/processes'

let workspace: FakeWorkspace
let script = ''
beforeAll(async () => {
  workspace = await createFakeWorkspace({ ABD_FAKE_STEP_MS: '3' })
  script = await bundle('src/main/cli/index.ts')
  // Commands attach to an engine that stays: starting one for each would take most of the time.
  await workspace.start()
}, 60_000)
afterAll(() => workspace.clean())

interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** @param onTold gets what came on stderr so far */
function abd(line: readonly string[], onTold?: (text: string, child: ChildProcess) => void): Promise<Finished> {
  const child = spawn(process.execPath, [script, 'study', ...line], {
    env: { ...workspace.env, ABD_WORKSPACE: workspace.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    onTold?.(stderr, child)
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}
const json = <Value>({ stdout }: Finished): Value => JSON.parse(stdout) as Value

/** 2 triggers × 2 students, each trigger's teacher once per seed. */
const line = ['--preset', 'quick', '--axis', 'attack.id=badnet_grid,blend', '--axis', 'defenses=none,sv']

describe('a study in processes of its own', () => {
  it('pauses at Ctrl+C with 130, goes on to its end, is exported, and is not trained a second time', async () => {
    let interrupted = false
    const paused = await abd(['start', ...line, '--seeds', '0', '--json'], (text, child) => {
      if (!interrupted && /of 4 cells done/.test(text)) {
        interrupted = true
        child.kill('SIGINT')
      }
    })
    expect(paused.stderr).toContain('Ctrl+C again leaves at once')
    expect(paused.code).toBe(130)
    const { study } = json<{ study: string }>(paused)
    const resumed = await abd(['resume', 'latest', '--json'])
    expect(resumed.code).toBe(0)
    expect(json(resumed)).toMatchObject({
      study,
      state: 'done',
      cells: { done: 4, failed: 0 },
      stages: { trained: 6, reused: 0 },
    })
    const again = await abd(['start', ...line, '--seeds', '0-1', '--json'])
    expect(again.code).toBe(0)
    expect(json(again)).toMatchObject({ state: 'done', cells: { done: 8 }, stages: { trained: 6 } })
    const { rows } = json<{ rows: { axes: object; accuracy: { n: number }; der: { n: number } }[] }>(
      await abd(['export', 'latest', '--format', 'json', '--value', 'accuracy,der']),
    )
    expect(rows.map(({ accuracy, der }) => [accuracy.n, der.n])).toEqual([
      [2, 0],
      [2, 2],
      [2, 0],
      [2, 2],
    ])
    const plan = await abd(['start', ...line, '--seeds', '0-1', '--dry-run', '--json'])
    expect(json(plan)).toMatchObject({ cells: 8, stages: { new: 0 } })
  }, 120_000)
})

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createEngineLog } from '../../../src/main/engine/control/log'

it('a log that cannot be put aside ends nobody’s work, and goes on when it can', () => {
  const folder = mkdtempSync(join(tmpdir(), 'abd-log-'))
  const obstacles = ['engine.log.2', 'engine.log.3'].map((name) => join(folder, name))
  for (const obstacle of obstacles) mkdirSync(join(obstacle, 'full'), { recursive: true })
  const log = createEngineLog(folder)
  const fill = (): void => {
    for (let line = 0; line < 1000; line++) log.info('x'.repeat(6000))
  }
  try {
    fill()
    log.info('in memory')
    expect(log.last(1)[0]?.message).toBe('in memory')
    expect(existsSync(join(folder, 'engine.log.1'))).toBe(false)
    for (const obstacle of obstacles) rmSync(obstacle, { recursive: true })
    fill()
    log.info('on disk again')
    expect(existsSync(join(folder, 'engine.log.1'))).toBe(true)
    expect(readFileSync(join(folder, 'engine.log'), 'utf8')).toContain('on disk again')
  } finally {
    log.close()
    rmSync(folder, { recursive: true })
  }
})

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { storageFaultBehind } from '../../../src/shared/errors'
import { openDatabase, openStore, placeInRun } from '../../../src/main/engine/control/store'
import { bundle } from '../../fixtures/bundle'
import { fakeCatalogue } from '../../fakes/catalogue'
import { FakeRun } from '../../fakes/run'

describe('a kill in the middle of writing', () => {
  it('loses nothing that was committed', async () => {
    const script = await bundle('test/fixtures/storeWriter.ts')
    for (let round = 0; round < 4; round++) {
      const folder = mkdtempSync(join(tmpdir(), 'abd-kill-'))
      const child = fork(script, [folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      let committed = 0
      child.on('message', (step: number) => {
        committed = step
      })
      await new Promise<void>((resolve) => child.once('message', () => resolve()))
      await new Promise((resolve) => setTimeout(resolve, 60 + round * 45))
      child.kill('SIGKILL')
      await new Promise<void>((resolve) => child.once('close', () => resolve()))
      const store = openStore(folder)
      const { series } = { series: await store.metrics.read(placeInRun('run', 'student-1')) }
      const steps = [...(series.studentLoss?.steps ?? [])]
      expect(store.repaired).toBeNull()
      expect(committed).toBeGreaterThan(0)
      expect(steps.length).toBeGreaterThanOrEqual(committed)
      expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1))
      expect(store.runs.summary('run').name).toMatch(/^step \d+$/)
      store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 60_000)
})

describe('a full disk', () => {
  it('is told as such, and the store stays whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-full-'))
    const database = openDatabase(join(folder, 'small.sqlite'))
    database.get('PRAGMA max_page_count = 60')
    let failure: unknown
    let written = 0
    try {
      for (;;) {
        database.transaction(() => {
          for (let index = 0; index < 50; index++)
            database.run('INSERT INTO settings (key, value) VALUES (?, ?)', `${written}-${index}`, 'x'.repeat(200))
        })
        written += 50
      }
    } catch (error) {
      failure = error
    }
    expect(storageFaultBehind(failure)?.kind).toBe('full')
    expect(database.get('SELECT count(*) AS n FROM settings')).toMatchObject({ n: written })
    expect(database.get('PRAGMA integrity_check')).toMatchObject({ integrity_check: 'ok' })
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('keeps a run’s state in memory when it cannot be written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-full-'))
    const store = openStore(folder)
    store.runs.insert(new FakeRun('a', fakeCatalogue.defaults, null, 1).detail)
    store.close()
    expect(() => store.runs.update('a', { state: 'failed' })).toThrow()
    expect(store.runs.summary('a').state).toBe('failed')
    rmSync(folder, { recursive: true, force: true })
  })
})

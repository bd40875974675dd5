import { afterEach, describe, expect, it } from 'vitest'
import type { HealthFinding } from '@shared/domain'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const dead: HealthFinding = {
  kind: 'deadStudent',
  severity: 'error',
  reason: 'Accuracy 10.0 % [9.4, 10.6] is not above the 10.0 % of always answering one of 10 classes.',
  place: 'charts',
  step: 40,
}

async function withFinding(finding: HealthFinding, path: string): Promise<void> {
  page = await mountWorkbench({ finishedRuns: 1 }, path)
  await settle(100)
  const run = await page.engine.call('runs.get', { runId: 'fake-1' })
  const stages = run.stages.map((stage) =>
    stage.kind === 'student' && stage.index === 0 ? { ...stage, health: [finding] } : stage,
  )
  page.engine.emit('run.changed', { run: { ...run, stages } })
  await settle(100)
}

describe('a student that has learnt nothing', () => {
  it('is not called done where runs are listed, and says why', async () => {
    await withFinding(dead, '/')
    const badge = page.find('[data-line] .state-badge:not(.bare)')
    expect(badge.textContent).toContain('Dead student')
    expect(badge.className).toContain('bad')
    expect(badge.className).not.toContain('good')
    expect(badge.title).toBe(`Done, but: ${dead.reason}`)
  })

  it('has a badge in the results with its reason that leads to its place', async () => {
    await withFinding(dead, '/runs/fake-1')
    expect(page.find('.run-header .state-badge').textContent).toContain('Dead student')
    const badge = page.find<HTMLAnchorElement>('.results .health-badge')
    expect(badge.getAttribute('aria-label')).toBe('Dead student')
    expect(document.getElementById(badge.getAttribute('aria-describedby') ?? '')?.textContent).toBe(dead.reason)
    expect(badge.getAttribute('href')).toContain('/runs/fake-1/charts?stage=student-1&step=40')
  })
})

describe('results of a run', () => {
  it('show every rate with its interval', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    await settle(100)
    const rates = [...document.querySelectorAll('.results .rate')].map((cell) => cell.textContent ?? '')
    expect(rates.length).toBeGreaterThanOrEqual(12)
    for (const rate of rates) expect(rate).toMatch(/^([−+\d.]* ?)?[\d.]+ % ?\[[\d.]+, [\d.]+\]$/)
  })
})

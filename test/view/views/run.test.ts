import { afterEach, describe, expect, it } from 'vitest'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const config = {
  name: 'Live',
  attack: { id: 'blend' },
  teacher: { training: { epochs: 2 } },
  students: [{ defenses: [] }, { defenses: [{ id: 'sv' }] }],
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 40 } } },
  recording: { evaluateEvery: 10, imagesEvery: 5, imagesPerStep: 8 },
}
const teacherSteps = 11 // one step for the data, then two epochs of five
async function openLive(steps: number): Promise<void> {
  page = await mountWorkbench()
  await page.engine.call('runs.start', { config })
  page.engine.advance(steps)
  await page.go('/runs/fake-1')
}

describe('Run', () => {
  it('follows a running stage: state, steps, time left', async () => {
    await openLive(teacherSteps + 10)
    const stage = (): string => document.querySelectorAll('.timeline .stage')[2]!.textContent ?? ''
    expect(stage()).toContain('10 of 40 steps')
    expect(stage()).toContain('15 s left')
    page.engine.advance(10)
    await settle()
    expect(stage()).toContain('20 of 40 steps')
  })

  it('shows how far preparation is, and how far a step of many inner ones', async () => {
    await openLive(0)
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    const stage = (): string => document.querySelectorAll('.timeline .stage')[0]!.textContent ?? ''
    const bar = (): string | null =>
      document.querySelectorAll('.timeline [role=progressbar]')[0]!.getAttribute('aria-valuenow')
    const tell = async (change: Partial<(typeof run.stages)[number]>): Promise<void> => {
      page.engine.emit('run.changed', {
        run: {
          ...run,
          stages: run.stages.map((entry, index) => (index === 0 ? { ...entry, state: 'running', ...change } : entry)),
        },
      })
      await settle()
    }
    await tell({ totalSteps: null, step: 0, activity: { message: 'Reading data_batch_3', fraction: 0.4 } })
    expect(stage()).toContain('Reading data_batch_3 · 40 %')
    expect(stage()).not.toContain('time left unknown')
    expect(bar()).toBe('40')
    await tell({
      totalSteps: 200,
      step: 12,
      secondsLeft: 60,
      activity: { message: 'Synthesis 80 of 200', fraction: 0.4 },
    })
    expect(stage()).toContain('12 of 200 steps')
    expect(stage()).toContain('Synthesis 80 of 200 · 40 %')
    expect(bar()).toBe('6')
  })

  it('shows the results of teacher and students at the end, with the change by the defense', async () => {
    await openLive(1000)
    const rows = [...document.querySelectorAll('section[aria-labelledby=results-title] tbody tr')].map(
      (row) => row.textContent ?? '',
    )
    expect(rows).toHaveLength(3)
    const { stages } = await page.engine.call('runs.get', { runId: 'fake-1' })
    expect(rows[1]).toContain(`${(stages[2]!.evaluation!.asr! * 100).toFixed(1)} %`)
    expect(rows[2]).toMatch(/−\d+\.\d/)
  })

  it('shows where the time of a run went once its processes have said it', async () => {
    await openLive(1000)
    const table = (): string[] =>
      [...document.querySelectorAll('section[aria-labelledby=time-title] tbody tr')].map((row) => row.textContent ?? '')
    expect(table()).toEqual([])
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    const timings = [
      {
        began: run.createdAt + 1000,
        ended: run.createdAt + 11_000,
        peakBytes: 1,
        phases: { training: { seconds: 9, cpuSeconds: 18 }, start: { seconds: 1, cpuSeconds: 1 } },
      },
    ]
    page.engine.emit('run.changed', {
      run: {
        ...run,
        endedAt: run.createdAt + 12_500,
        stages: run.stages.map((entry, index) => (index === 1 ? { ...entry, timings } : entry)),
      },
    })
    await settle()
    expect(table()[0]).toContain('Training9.0 s9.0 s72.0 %')
    expect(table().at(-1)).toContain('Outside its processes–2.5 s20.0 %')
    expect(document.body.textContent).toContain('28.0 % was not training')
  })

  it('says what was poisoned here, and of a teacher from a file only that', async () => {
    await openLive(1)
    expect(page.find('.run-header .facts').textContent).toContain('10 % poisoned → class 0')
    await page.engine.call('runs.start', { config: { ...config, teacher: { source: 'file', file: '/teacher.pt' } } })
    await page.go('/runs/fake-2')
    expect(page.find('.run-header .facts').textContent).toContain('Blend, teacher from a file → class 0')
  })

  it('exports a model’s weights to a named file, and says where one lies already', async () => {
    await openLive(1000)
    const openDialog = async (): Promise<HTMLInputElement> => {
      page.button('Export the weights of Student: No defense').click()
      await settle()
      return page.find<HTMLInputElement>('#export-path')
    }
    expect((await openDialog()).value).toBe('/fake/workspace/fake-1-student-1-poisoned-blend.pt')
    page.button('safetensors (.safetensors)').click()
    await settle()
    const target = '/fake/workspace/fake-1-student-1-poisoned-blend.safetensors'
    expect(page.find<HTMLInputElement>('#export-path').value).toBe(target)
    page.find<HTMLButtonElement>('.p-dialog button[type=submit]').click()
    await settle()
    expect(page.find('.notices').textContent).toContain(`Student: No defense – 2.8 MB written to ${target}`)
    expect(document.querySelector('#export-path')).toBeNull()
    type(await openDialog(), target)
    await settle()
    page.find<HTMLButtonElement>('.p-dialog button[type=submit]').click()
    await settle()
    expect(page.find('.p-dialog .error-panel').textContent).toContain('a new file name')
  })

  it('offers no export of a model without weights', async () => {
    await openLive(teacherSteps + 10)
    const offers = [...document.querySelectorAll('section[aria-labelledby=results-title] tbody tr')].map(
      (row) => row.querySelector('button') !== null,
    )
    expect(offers).toEqual([true, false, false])
  })

  it('pauses, resumes and stops', async () => {
    await openLive(5)
    page.button('Pause').click()
    await settle()
    expect(page.find('.run-header .state-badge').textContent).toContain('Paused')
    page.button('Resume').click()
    await settle()
    expect(page.find('.run-header .state-badge').textContent).toContain('Running')
    page.button('Stop').click()
    await settle()
    expect(page.find('.run-header .state-badge').textContent).toContain('Stopped')
    expect(page.button('Resume from the last checkpoint')).toBeTruthy()
  })

  it('renames in place and gives up with Escape', async () => {
    await openLive(1)
    const rename = async (name: string, key: string): Promise<void> => {
      page.find('h1 button').click()
      await settle()
      const input = page.find<HTMLInputElement>('h1 input')
      type(input, name)
      input.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
      await settle()
    }
    await rename('Renamed', 'Enter')
    expect(page.find('h1').textContent).toContain('Renamed')
    await rename('Not this', 'Escape')
    expect(page.find('h1').textContent).toContain('Renamed')
  })

  it('steps through the kept images with the keyboard and says what the models see', async () => {
    await openLive(teacherSteps + 40 + 20)
    const slider = page.find<HTMLInputElement>('input[aria-label="Kept step"]')
    const step = (): string => page.find('.step-line').textContent ?? ''
    expect(step()).toContain('Pseudo batch 20')
    slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }))
    await settle()
    expect(step()).toContain('Pseudo batch 15')
    slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }))
    await settle()
    expect(step()).toContain('Pseudo batch 1')
    expect(page.find('.inspect').textContent).toContain('stop')
    expect(page.find('.inspect').textContent).toMatch(/(not )?suspected/)
  })

  it('shows the student that has images while the next has none yet; a picked one stays', async () => {
    await openLive(teacherSteps + 40)
    const chosen = (): string => page.find('.viewer [role=group] [aria-pressed=true]').textContent ?? ''
    expect(chosen()).toContain('No defense')
    page.engine.advance(6)
    await settle()
    expect(chosen()).toContain('Shuffling Vaccine')
    page.find('.viewer [role=group]').querySelectorAll('button')[0]!.click()
    page.engine.advance(6)
    await settle()
    expect(chosen()).toContain('No defense')
  })

  it('stays at the chosen step while new ones arrive, and follows again at the newest', async () => {
    await openLive(teacherSteps + 40 + 20)
    const slider = page.find<HTMLInputElement>('input[aria-label="Kept step"]')
    slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }))
    page.engine.advance(10)
    await settle()
    expect(page.find('.step-line').textContent).toContain('Pseudo batch 1')
    expect(page.find('.step-line').textContent).toContain('1 / 7 kept')
    slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))
    page.engine.advance(5)
    await settle()
    expect(page.find('.step-line').textContent).toContain('Pseudo batch 35')
  })

  it('has the full history after closing and opening during training', async () => {
    await openLive(teacherSteps + 15)
    await page.go('/')
    page.engine.advance(10)
    await page.go('/runs/fake-1/charts')
    const [{ series }] = [await page.engine.call('runs.metrics', { runId: 'fake-1', stageId: 'student-1' })]
    expect(series['studentLoss']!.steps.length).toBe(25)
    expect(page.find('[aria-label="Latest values: Student loss"]').textContent).toContain(
      series['studentLoss']!.values.at(-1)!.toFixed(3).slice(0, 4),
    )
  })

  it('shows the suspect test: AUC, histograms, every ensemble with its verdict; an earlier one on request', async () => {
    await openLive(1000)
    await page.go('/runs/fake-1/suspects')
    expect(page.find('.auc').textContent).toBe('97.3 %')
    const charts = (): string[] =>
      [...document.querySelectorAll('figure.chart [role=img]')].map((chart) => chart.getAttribute('aria-label') ?? '')
    expect(charts()).toEqual([
      'Clean and triggered test images: Clean test images, 500 images, mean of log₁₀ KL −1; Triggered, non-target, 500 images, mean of log₁₀ KL −4',
      'Pooled synthetic images: Pool of the selection test, 500 images, mean of log₁₀ KL −1.2; mean − 3 σ −3.1',
    ])
    const rows = [...document.querySelectorAll('section[aria-labelledby=trials-title] tbody tr')].map(
      (row) => row.textContent ?? '',
    )
    expect(rows).toHaveLength(3)
    expect(rows[0]).toContain('refused')
    expect(rows[1]).toContain('3.4 %accepted')
    expect(rows[2]).toContain('Last pseudo batch (40)')
    page.find('[aria-label="Show ensemble 1"]').click()
    await settle()
    expect(page.find('.auc').textContent).toBe('58.0 %')
  })

  it('has no suspect test without the Shuffling Vaccine', async () => {
    await openLive(teacherSteps + 10)
    expect([...document.querySelectorAll('[role=tab]')].map((tab) => tab.textContent)).not.toContain('Suspect test')
  })

  it('shows classes and suspect test of a run that only the list has told of', async () => {
    page = await mountWorkbench({ finishedRuns: 1 })
    const [first] = await page.engine.call('runs.list', {})
    expect(JSON.stringify(first)).not.toContain('confusion')
    await page.go(`/runs/${first!.id}/classes`)
    expect(page.find('section[aria-labelledby=confusion-title]')).toBeTruthy()
  })

  it('keeps the live points that come while the history is read again after a reconnect', async () => {
    await openLive(teacherSteps + 15)
    await page.go('/runs/fake-1/charts')
    const call = page.engine.call.bind(page.engine)
    page.engine.call = async (name, args, signal) => {
      const answer = await call(name, args, signal)
      if (name === 'runs.metrics')
        page.engine.emit('run.metrics', {
          runId: 'fake-1',
          stageId: 'student-1',
          series: { studentLoss: { steps: Float64Array.of(39), values: Float64Array.of(777) } },
        })
      return answer
    }
    page.reopen()
    await settle(300)
    expect(page.find('[aria-label="Latest values: Student loss"]').textContent).toContain('777')
  })

  it('forgets points and images that the engine forgot when a step was given up for a pause', async () => {
    await openLive(teacherSteps + 15)
    await page.go('/runs/fake-1/charts')
    const latest = (): string => page.find('[aria-label="Latest values: Student loss"]').textContent ?? ''
    page.engine.emit('run.metrics', {
      runId: 'fake-1',
      stageId: 'student-1',
      series: { studentLoss: { steps: Float64Array.of(16), values: Float64Array.of(777) } },
    })
    await settle(300)
    expect(latest()).toContain('777')
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    page.engine.emit('run.changed', {
      run: {
        ...run,
        state: 'paused',
        stages: run.stages.map((stage) => (stage.id === 'student-1' ? { ...stage, state: 'paused' } : stage)),
      },
    })
    await settle(300)
    expect(latest()).not.toContain('777')
  })

  it('shows a failed run with what was wanted, what came, where and what to do', async () => {
    await openLive(5)
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    page.engine.emit('run.changed', {
      run: {
        ...run,
        state: 'failed',
        error: [
          {
            name: 'UserError',
            message: 'The GPU is not usable.',
            forUser: true,
            wanted: 'a working GPU',
            got: 'no driver',
            where: 'execution.device',
            action: 'Install the driver, or choose CPU.',
          },
        ],
      },
    })
    await settle()
    const panel = page.find('.error-panel').textContent ?? ''
    for (const part of [
      'The GPU is not usable.',
      'a working GPU',
      'no driver',
      'execution.device',
      'Install the driver',
    ])
      expect(panel).toContain(part)
    expect(page.button('Resume from the last checkpoint')).toBeTruthy()
  })

  it('makes a fallback from GPU to CPU loud', async () => {
    await openLive(5)
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    page.engine.emit('run.changed', {
      run: { ...run, device: { ...run.device!, fallback: true, reason: 'No driver.' } },
    })
    await settle()
    expect(page.find('.run-header .device.fallback').textContent).toContain('although a GPU was expected')
  })

  it('lists the configuration and marks what differs from the defaults', async () => {
    await openLive(1)
    await page.go('/runs/fake-1/configuration')
    const changed = [...document.querySelectorAll('dt.changed')].map((entry) => entry.textContent)
    expect(changed).toContain('attack.id')
    expect(changed).not.toContain('poisoning.ratio')
  })

  it('deletes with undo', async () => {
    await openLive(1000)
    page.button('Delete this run').click()
    await settle(100)
    expect(location.hash).toBe('#/')
    expect(page.text()).toContain('never saw a training image')
    page.button('Undo').click()
    await settle(300)
    expect(page.find('[role=grid]').textContent).toContain('Live')
  })

  it('offers to bring back what is in the bin where no run is left', async () => {
    await openLive(1000)
    page.button('Delete this run').click()
    await settle(100)
    expect(page.text()).toContain('1 deleted run lies in the bin.')
    page.button('Bring back').click()
    await settle(300)
    expect(page.find('[role=grid]').textContent).toContain('Live')
  })

  it('says so when there is no such run', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/nothing')
    await settle(100)
    expect(page.find('.error-panel').textContent).toContain('There is no run "nothing".')
  })

  it('has the confusion matrices of a finished run after opening and after a reconnect, though the list leaves them out', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1/classes')
    const cells = (): number =>
      document.querySelectorAll('[role=tabpanel] svg, [role=tabpanel] canvas, [role=tabpanel] table').length
    const before = cells()
    expect(before).toBeGreaterThan(0)
    page.reopen()
    await settle()
    expect(cells()).toBe(before)
    expect(page.engine.calls.filter((name) => name === 'runs.artifacts')).toHaveLength(2)
  })

  it('asks once for metrics and images that cannot be read, says so, and asks again when told to', async () => {
    const failures: FakeEngineOptions['failures'] = {
      'runs.metrics': new Error('database is locked'),
      'runs.imageSteps': new Error('The folder is gone.'),
    }
    page = await mountWorkbench({ finishedRuns: 1, failures }, '/runs/fake-1/charts')
    const asked = (wanted: string): number => page.engine.calls.filter((name) => name === wanted).length
    expect(page.text()).toContain('Another program is using the database.')
    expect(asked('runs.metrics')).toBeLessThanOrEqual(3)
    delete failures['runs.metrics']
    page.button('Retry').click()
    await settle()
    expect(page.text()).not.toContain('Another program is using the database.')
    await page.go('/runs/fake-1/images')
    expect(page.text()).toContain('The folder is gone.')
    expect(asked('runs.imageSteps')).toBeLessThanOrEqual(3)
    delete failures['runs.imageSteps']
    page.button('Retry').click()
    await settle()
    expect(page.find('.step-line').textContent).toContain('kept')
  })

  it('keeps the slider when the images of a step cannot be read, and reads them on Retry', async () => {
    const failures: FakeEngineOptions['failures'] = { 'runs.images': new Error('No images were kept at this step.') }
    page = await mountWorkbench({ finishedRuns: 1, failures }, '/runs/fake-1/images')
    expect(page.text()).toContain('No images were kept at this step.')
    expect(page.find('input[aria-label="Kept step"]')).toBeTruthy()
    delete failures['runs.images']
    page.button('Retry').click()
    await settle()
    expect(page.text()).not.toContain('No images were kept at this step.')
    expect(page.find('.inspect')).toBeTruthy()
  })

  it('reads log and configuration again: the log after a reconnect, both when they failed', async () => {
    const failures: FakeEngineOptions['failures'] = { 'runs.get': new Error('The record is locked.') }
    page = await mountWorkbench({ finishedRuns: 1, failures }, '/runs/fake-1/configuration')
    expect(page.text()).toContain('The record is locked.')
    delete failures['runs.get']
    page.button('Try again').click()
    await settle()
    expect(page.text()).toContain('attack.id')
    await page.go('/runs/fake-1/log')
    page.reopen()
    await settle()
    expect(page.engine.calls.filter((name) => name === 'runs.log')).toHaveLength(2)
  })

  it('takes no letter typed in a list or a dialog for a shortcut', async () => {
    await openLive(5)
    for (const role of ['combobox', 'listbox', 'dialog']) {
      const list = document.createElement('div')
      list.setAttribute('role', role)
      const entry = list.appendChild(document.createElement('span'))
      document.body.append(list)
      entry.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', bubbles: true }))
      list.remove()
    }
    await settle()
    expect(page.find('.run-header .state-badge').textContent).toContain('Running')
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', bubbles: true }))
    await settle()
    expect(page.find('.run-header .state-badge').textContent).toContain('Paused')
  })

  it('offers to restore a run that lies in the bin', async () => {
    page = await mountWorkbench({ finishedRuns: 1 })
    await page.engine.call('runs.delete', { runIds: ['fake-1'] })
    await page.go('/runs/fake-1')
    expect(page.text()).toContain('This run lies in the bin')
    page.button('Restore').click()
    await settle()
    expect(page.find('.run-header').textContent).toContain('Example 1')
  })

  it('stays where it is when a note or a deletion is refused, and keeps the text', async () => {
    const refused = new Error('The workspace is full.')
    page = await mountWorkbench(
      { finishedRuns: 1, failures: { 'runs.note': refused, 'runs.delete': refused } },
      '/runs/fake-1',
    )
    page.button('Edit the note').click()
    await settle()
    type(page.find<HTMLTextAreaElement>('.note-field'), 'What it showed')
    page.find('.note-field').dispatchEvent(new FocusEvent('blur'))
    await settle()
    expect(page.find<HTMLTextAreaElement>('.note-field').value).toBe('What it showed')
    page.button('Delete this run').click()
    await settle()
    expect(location.hash).toBe('#/runs/fake-1')
  })
})

/** A run leaves the program in a form for others, and comes back from its file. */
import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page?.unmount()
  localStorage.clear()
})
const dialog = (): HTMLElement => page.find('[role=dialog]')
const submit = async (): Promise<void> => {
  page.find<HTMLButtonElement>('.p-dialog button[type=submit]').click()
  await settle()
}
async function openDialog(options: Parameters<typeof mountWorkbench>[0] = {}): Promise<void> {
  page = await mountWorkbench({ finishedRuns: 1, ...options }, '/')
  const [run] = await page.engine.call('runs.list', {})
  await page.go(`/runs/${run?.id}`)
  page.button('Export this run').click()
  await settle()
}

describe('the export of a run', () => {
  it('offers every form with its parameters and a target of its kind', async () => {
    await openDialog()
    const titles = [...dialog().querySelectorAll('.form b')].map((title) => title.textContent)
    expect(titles).toEqual(['TensorBoard', 'Reproducible run', 'MLflow'])
    const target = (): string => page.find<HTMLInputElement>('#run-export-target').value
    expect(target()).toMatch(/^\/fake\/workspace\/fake-1-tensorboard$/)
    expect(dialog().textContent).toContain('The kept synthetic images.')
    dialog().querySelector<HTMLInputElement>('input[value=mlflow]')?.click()
    await settle()
    expect(target()).toBe('http://127.0.0.1:5000')
    dialog().querySelector<HTMLInputElement>('input[value=abdrun]')?.click()
    await settle()
    expect(target()).toMatch(/fake-1\.abdrun$/)
    expect(dialog().textContent).toContain('Open it with: abd reproduce FILE')
  })

  it('writes, says where, and refuses what is there already in a sentence', async () => {
    await openDialog()
    await submit()
    expect(page.find('.notices').textContent).toContain('TensorBoard – written to /fake/workspace/fake-1-tensorboard')
    expect(document.querySelector('#run-export-target')).toBeNull()
    page.button('Export this run').click()
    await settle()
    await submit()
    expect(page.find('.p-dialog .error-panel').textContent).toContain('a new or empty folder')
    expect(page.find('.p-dialog button[type=submit]').textContent).toContain('Try again')
  })

  it('shows how far it is and can be cancelled', async () => {
    await openDialog({ held: { 'export.run': new Promise(() => undefined) } })
    await submit()
    page.engine.emit('run.exporting', { runId: 'fake-1', format: 'tensorboard', fraction: 0.4, message: 'Teacher' })
    await settle()
    expect(page.find('.p-dialog [role=progressbar]').getAttribute('aria-valuenow')).toBe('40')
    expect(dialog().textContent).toContain('Teacher – 40 %')
    expect(page.find<HTMLButtonElement>('.p-dialog button[type=submit]').disabled).toBe(true)
    page.button('Cancel the export')
  })

  it('tells a failure with its cause', async () => {
    await openDialog({ failures: { 'export.run': new UserError('The MLflow server cannot be reached.') } })
    await submit()
    expect(page.find('.p-dialog .error-panel').textContent).toContain('The MLflow server cannot be reached.')
  })
})

describe('a run’s file', () => {
  const paths = new Map(
    ['run.abdrun', 'other.abdrun', 'damaged.abdrun', 'teacher.abdrun'].map((name) => [name, `/home/me/${name}`]),
  )
  async function drop(name: string): Promise<void> {
    page = await mountWorkbench({ finishedRuns: 1, paths }, '/')
    const event = new Event('drop', { bubbles: true, cancelable: true })
    const file = new File([''], name)
    const item = { kind: 'file', type: '', getAsFile: () => file, webkitGetAsEntry: () => ({ isDirectory: false }) }
    Object.defineProperty(event, 'dataTransfer', { value: { types: ['Files'], items: [item] } })
    document.body.dispatchEvent(event)
    await settle(100)
  }

  it('shows what it is, and is done again', async () => {
    await drop('run.abdrun')
    expect(dialog().textContent).toContain('ABD Workbench 0.1.0')
    expect(dialog().textContent).toContain('It was made by version 0.0.9')
    expect(dialog().querySelectorAll('tbody tr').length).toBeGreaterThan(1)
    await submit()
    await settle(50)
    expect(location.hash).toContain('#/runs/fake-2')
    expect(page.text()).toContain('(reproduced)')
    expect(page.find('.again').textContent).toContain('Identical so far: 1,234 recorded numbers.')
  })

  it('asks where a file lies that did not come along', async () => {
    await drop('teacher.abdrun')
    const input = page.find<HTMLInputElement>('[id="run-file-teacher.file"]')
    type(input, '/models/teacher.pth')
    await settle()
    await submit()
    expect(page.engine.calls).toContain('reproduce.start')
  })

  it('says what differs, and is done with what is here when that is asked for', async () => {
    await drop('other.abdrun')
    await submit()
    expect(page.find('.p-dialog .error-panel').textContent).toContain('other images or labels')
    page.button('Run it with what is here').click()
    await settle(50)
    expect(location.hash).toContain('#/runs/fake-2')
  })

  it('says that one is damaged', async () => {
    await drop('damaged.abdrun')
    expect(page.text()).toContain('or a damaged one')
  })
})

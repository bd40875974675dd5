/** Files that are dropped anywhere on the window, and the same by buttons. */
import { afterEach, describe, expect, it } from 'vitest'
import { contentOf, expectationOf, kindOf } from '@renderer/drop/droppedFile'
import { useDraftStore } from '@renderer/stores/draft'
import { useStudyDraftStore } from '@renderer/stores/studyDraft'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page?.unmount()
  localStorage.clear()
})
const desktop = new Map(
  ['teacher.pth', 'cifar.tar.gz', 'cat.png', 'holiday', 'odd.xyz', 'run.abdrun', 'other.abdrun', 'damaged.abdrun'].map(
    (name) => [name, `/home/me/${name}`],
  ),
)

/** As a browser fires it; happy-dom's own event carries no files. */
function drag(kind: 'dragenter' | 'dragleave' | 'dragover' | 'drop', file: File, isFolder = false): Event {
  const event = new Event(kind, { bubbles: true, cancelable: true })
  const item = {
    kind: 'file',
    type: file.type,
    getAsFile: () => file,
    webkitGetAsEntry: () => ({ isDirectory: isFolder }),
  }
  Object.defineProperty(event, 'dataTransfer', { value: { types: ['Files'], items: [item] } })
  document.body.dispatchEvent(event)
  return event
}
const drop = async (name: string, content = '', isFolder = false): Promise<void> => {
  drag('drop', new File([content], name), isFolder)
  await settle(100)
}
const dialog = (): HTMLElement => page.find('[role=dialog]')

describe('what a file is', () => {
  it('is told by its name', () => {
    const kind = (name: string, isFolder = false) => kindOf({ name, isFolder }, ['pth', '.pt'])
    expect(['a.PTH', 'b.pt', 'c.png', 'd.yaml', 'e.tar.gz', 'f.exe', 'g'].map((name) => kind(name))).toEqual([
      'weights',
      'weights',
      'picture',
      'text',
      'dataset',
      'unknown',
      'unknown',
    ])
    expect(kind('a.pth', true)).toBe('dataset')
  })
  it('and of a text by its content', () => {
    expect(contentOf('{"id":"r1","stages":[],"config":{"seed":1}}')).toEqual({
      kind: 'run',
      id: 'r1',
      config: { seed: 1 },
    })
    expect(contentOf('{"attack":{"id":"x"}}').kind).toBe('config')
    expect(contentOf('{"axes":{"seed":[1]},"attack":{}}').kind).toBe('study')
    expect(contentOf('name: One\naxes: {seed: 0..2}').kind).toBe('study')
  })
  it('and by its type while it is above the window', () => {
    expect(expectationOf(['image/png'])).toContain('trigger')
    expect(expectationOf(['application/json'])).toContain('configuration')
    expect(expectationOf([''])).toContain('weights file')
    expect(expectationOf(['', ''])).toContain('one file')
  })
})

describe('a file above the window', () => {
  it('is announced with what will happen, until it leaves', async () => {
    page = await mountWorkbench()
    const file = new File([''], 'cat.png', { type: 'image/png' })
    drag('dragenter', file)
    drag('dragenter', file)
    drag('dragleave', file)
    await settle()
    expect(page.find('.overlay').textContent).toContain('A picture becomes the trigger')
    expect(drag('dragover', file).defaultPrevented).toBe(true)
    drag('dragleave', file)
    await settle()
    expect(document.querySelector('.overlay')).toBeNull()
  })
})

describe('dropped on a window', () => {
  it('weights are the teacher of a new experiment, which can be undone', async () => {
    page = await mountWorkbench({ paths: desktop })
    await drop('teacher.pth')
    await settle(400)
    expect(location.hash).toContain('#/new')
    expect(useDraftStore().config?.teacher).toMatchObject({ source: 'file', file: '/home/me/teacher.pth' })
    expect(page.text()).toContain('Teacher taken from “teacher.pth”.')
    page.button('Undo').click()
    await settle()
    expect(useDraftStore().config?.teacher.source).toBe('train')
  })
  it('a data set is recognised; what is none is refused with what was wanted', async () => {
    page = await mountWorkbench({ paths: desktop })
    await drop('cifar.tar.gz')
    expect(useDraftStore().config?.data).toEqual({ id: 'cifar10', params: { path: '/home/me/cifar.tar.gz' } })
    await drop('holiday', '', true)
    expect(page.text()).toContain('No data set is laid out like this.')
  })
  it('a picture asks what it is for', async () => {
    page = await mountWorkbench({ paths: desktop })
    await drop('cat.png')
    expect(dialog().textContent).toContain('What is the picture for?')
    page.button('Image: One image (OoD)').click()
    await settle(100)
    expect(useDraftStore().config?.distillation.method).toMatchObject({
      id: 'ood',
      params: { picture: '/home/me/cat.png' },
    })
  })
  it('a configuration fills the form, a run opens, a study too', async () => {
    page = await mountWorkbench({ finishedRuns: 1, paths: desktop })
    await drop('mine.json', JSON.stringify({ name: 'Mine', attack: { id: 'blend' } }))
    expect(useDraftStore().config).toMatchObject({ name: 'Mine', attack: { id: 'blend' } })
    await drop('run.json', JSON.stringify({ id: 'fake-1', stages: [], config: {} }))
    expect(location.hash).toBe('#/runs/fake-1')
    await drop('study.yaml', 'name: Dropped\npreset: quick\naxes: {seed: 0..2}\n')
    expect(location.hash).toBe('#/studies/new')
    expect(useStudyDraftStore().definition?.name).toBe('Dropped')
  })
  it('anything else is told what can be dropped', async () => {
    page = await mountWorkbench({ paths: desktop })
    await drop('odd.xyz')
    expect(page.text()).toContain('A weights file (.pth, .pt, .safetensors, .onnx) as the teacher')
  })
})

describe('in a browser', () => {
  it('the path on the engine’s machine is asked for, with the name filled in', async () => {
    page = await mountWorkbench()
    await drop('teacher.pth')
    expect(dialog().textContent).toContain('cannot see where a file lies')
    const path = page.find<HTMLInputElement>('#opened-path')
    expect(path.value).toBe('teacher.pth')
    expect(page.button('Open').disabled).toBe(true)
    type(path, '/srv/models/teacher.pth')
    await settle()
    page.find('[role=dialog] form').dispatchEvent(new Event('submit', { cancelable: true }))
    await settle(400)
    expect(useDraftStore().config?.teacher.file).toBe('/srv/models/teacher.pth')
  })
  it('a button does the same as dropping', async () => {
    page = await mountWorkbench({}, '/new')
    await settle(300)
    page.button('Open…').click()
    await settle(100)
    const picker = page.find<HTMLInputElement>('[role=dialog] input[type=file]')
    Object.defineProperty(picker, 'files', { value: [new File(['{"name":"By hand","attack":{}}'], 'c.json')] })
    picker.dispatchEvent(new Event('change'))
    await settle(100)
    expect(useDraftStore().config?.name).toBe('By hand')
    expect(document.querySelector('[role=dialog]')).toBeNull()
  })
})

import { flushPromises, mount } from '@vue/test-utils'
import PrimeVue from 'primevue/config'
import { afterEach, describe, expect, it } from 'vitest'
import { shallowRef } from 'vue'
import type { DownloadProgress, EngineApi } from '@shared/contract'
import { UserError } from '@shared/errors'
import { connectionKey } from '@renderer/api/connection'
import DatasetDownload from '@renderer/views/new/DatasetDownload.vue'
import { fakeMembers } from '../../fakes/catalogue'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

/** An engine of one call, answered by the test. */
function mountDownload(id = 'cifar10', dataset = fakeMembers.find('dataset', id)!) {
  const calls: {
    args: unknown
    signal?: AbortSignal
    resolve: (value: unknown) => void
    reject: (error: unknown) => void
  }[] = []
  let tell: (progress: DownloadProgress) => void = () => undefined
  const engine = {
    call: (_name: string, args: unknown, signal?: AbortSignal) =>
      new Promise((resolve, reject) => {
        calls.push({ args, signal, resolve, reject })
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      }),
    subscribe: (_name: string, _filter: unknown, listener: (progress: DownloadProgress) => void) => {
      tell = listener
      return () => undefined
    },
  } as unknown as EngineApi
  const wrapper = mount(DatasetDownload, {
    props: { dataset },
    global: {
      plugins: [PrimeVue],
      provide: {
        [connectionKey as symbol]: {
          engine,
          host: {},
          state: shallowRef({ kind: 'open' }),
          onReopen: () => () => undefined,
        },
      },
    },
  })
  const press = async (label: string): Promise<void> => {
    await wrapper
      .findAll('button')
      .find((button) => button.text().startsWith(label))!
      .trigger('click')
    await flushPromises()
  }
  return {
    wrapper,
    calls,
    press,
    tell: (change: Partial<DownloadProgress>) =>
      tell({
        dataset: id,
        step: 'cifar10.tar.gz',
        filesDone: 0,
        files: 1,
        unit: 'bytes',
        received: 0,
        total: 1000,
        ...change,
      }),
  }
}

describe('downloading a data set from the form', () => {
  let page: MountedWorkbench | undefined
  afterEach(() => {
    page?.unmount()
    page = undefined
    localStorage.clear()
  })

  it('offers nothing for data that are made by code', () => {
    expect(mountDownload('signs').wrapper.text()).toBe('')
  })

  it('shows size and server, then the progress of its own data set only, and hands over the parameters', async () => {
    const { wrapper, calls, press, tell } = mountDownload()
    expect(wrapper.text()).toContain('1.0 kB from data.example')
    await press('Download')
    tell({ received: 400 })
    tell({ dataset: 'other', received: 999 })
    await flushPromises()
    expect(wrapper.find('[role=progressbar]').attributes('aria-valuenow')).toBe('40')
    expect(wrapper.text()).toContain('400 B of 1.0 kB')
    const files = [{ name: 'cifar10.tar.gz', check: 'none' }]
    calls[0]!.resolve({ folder: '/data', params: { path: '/data/cifar10.tar.gz' }, files })
    await flushPromises()
    expect(wrapper.emitted('done')).toEqual([[{ path: '/data/cifar10.tar.gz' }, files]])
    expect(calls[0]!.args).toEqual({ dataset: 'cifar10' })
  })

  it('says beforehand that a file without a published checksum is not checked', () => {
    const member = fakeMembers.find('dataset', 'cifar10')!
    expect(mountDownload().wrapper.text()).toContain('compared with the published MD5 sum.')
    const unsummed = {
      ...member,
      facts: { ...member.facts, sources: [{ url: 'https://data.example/a.zip', fileName: 'a.zip' }] },
    }
    expect(mountDownload('cifar10', unsummed).wrapper.text()).toContain(
      'no checksum is known for a.zip, so it is not checked.',
    )
  })

  it('cancels quietly', async () => {
    const { wrapper, calls, press } = mountDownload()
    await press('Download')
    await press('Cancel')
    expect(calls[0]!.signal!.aborted).toBe(true)
    expect(wrapper.find('.error-panel').exists()).toBe(false)
    expect(wrapper.text()).toContain('Download CIFAR-10')
  })

  it('says what went wrong, and goes on from a mirror', async () => {
    const { wrapper, calls, press } = mountDownload()
    await press('Download')
    calls[0]!.reject(new UserError('The server could not be reached.', { action: 'Name a mirror.' }))
    await flushPromises()
    expect(wrapper.text()).toContain('The server could not be reached.')
    await press('Use a mirror')
    await wrapper.find('input').setValue(' http://mirror.example/files ')
    await press('Download')
    expect(calls[1]!.args).toEqual({ dataset: 'cifar10', mirror: 'http://mirror.example/files' })
    expect(wrapper.text()).not.toContain('could not be reached')
  })

  it('names the files in the form when done', async () => {
    page = await mountWorkbench({}, '/new')
    await settle(300)
    const { useDraftStore } = await import('@renderer/stores/draft')
    useDraftStore().set('data', { id: 'cifar10', params: {} })
    await settle(100)
    page.button('Download CIFAR-10').click()
    await settle(100)
    expect(page.find<HTMLInputElement>('[data-path="data.params.path"] input').value).toBe(
      '/fake/downloads/cifar10.tar.gz',
    )
  })
})

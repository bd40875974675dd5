/** The whole application on a fake engine, mounted; for tests that walk through views. */
import { flushPromises } from '@vue/test-utils'
import type { Router } from 'vue-router'
import { createWorkbench } from '@renderer/app'
import type { FakeEngineOptions } from '../fakes/engine'
import { fakeConnection } from './fakeConnection'
import './sizes'
// Views load lazily; loaded once here, a test never waits for a compiler.
import '@renderer/views/compare/CompareView.vue'
import '@renderer/views/home/HomeView.vue'
import '@renderer/views/new/NewExperimentView.vue'
import '@renderer/views/newStudy/NewStudyView.vue'
import '@renderer/views/queue/QueueView.vue'
import '@renderer/views/run/RunView.vue'
import '@renderer/views/runtime/RuntimeView.vue'
import '@renderer/views/settings/SettingsView.vue'
import '@renderer/views/studies/StudiesView.vue'
import '@renderer/views/study/StudyView.vue'

export async function mountWorkbench(options: FakeEngineOptions = {}, path = '/') {
  document.body.innerHTML = '<div id="app"></div>'
  location.hash = `#${path}`
  const { connection, engine, state, saved, copied, notified, reopen } = fakeConnection(options)
  const app = createWorkbench(connection)
  app.mount('#app')
  await settle()
  return {
    engine,
    state,
    saved,
    copied,
    notified,
    settle,
    go: async (to: string): Promise<void> => {
      await (app.config.globalProperties as { $router: Router }).$router.push(to)
      await settle()
    },
    unmount: () => app.unmount(),
    reopen,
    text: () => document.body.textContent ?? '',
    find: <E extends HTMLElement = HTMLElement>(selector: string): E => {
      const found = document.querySelector<E>(selector)
      if (!found) throw new Error(`Nothing in the page matches ${selector}.`)
      return found
    },
    button: (label: string): HTMLButtonElement => {
      const found = [...document.querySelectorAll('button')].find(
        (entry) => entry.textContent?.trim().startsWith(label) === true || entry.getAttribute('aria-label') === label,
      )
      if (!found) throw new Error(`There is no button “${label}”.`)
      return found
    },
  }
}
export type MountedWorkbench = Awaited<ReturnType<typeof mountWorkbench>>

/** Waits at least so long (for debounced questions), then until the page has stopped changing. */
export async function settle(milliseconds = 40): Promise<void> {
  const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time))
  await flushPromises()
  await pause(milliseconds)
  const deadline = Date.now() + 4000
  for (let before = ''; Date.now() < deadline;) {
    await flushPromises()
    const now = document.body.innerHTML
    if (now === before) return
    before = now
    await pause(40)
  }
}

/** Types into a field as a person does. */
export function type(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

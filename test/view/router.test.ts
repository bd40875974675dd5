import { createWorkbenchRouter } from '@renderer/router'
import { createApp, h } from 'vue'
import { RouterView } from 'vue-router'
import { expect, it } from 'vitest'

it('follows an address that is given before the first view is there', async () => {
  window.location.hash = '#/runtime'
  const router = createWorkbenchRouter()
  createApp({ render: () => h(RouterView) }).use(router)
  window.location.hash = '#/queue'
  await router.isReady()
  await expect.poll(() => router.currentRoute.value.name).toBe('queue')
})

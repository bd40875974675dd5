import '@fontsource-variable/inter'
import { createPinia } from 'pinia'
import PrimeVue from 'primevue/config'
import Tooltip from 'primevue/tooltip'
import { createApp, type App as VueApp } from 'vue'
import App from './App.vue'
import { connectionKey, type Connection } from './api/connection'
import { createWorkbenchRouter } from './router'
import './theme/base.css'
import { workbenchPreset } from './theme/preset'

/**
 * The application on a connection, not mounted yet; the window, the browser and the tests differ only in the
 * connection.
 */
export function createWorkbench(connection: Connection): VueApp {
  const app = createApp(App)
  app.provide(connectionKey, connection)
  app.use(createPinia())
  app.use(createWorkbenchRouter())
  app.use(PrimeVue, {
    theme: {
      preset: workbenchPreset,
      options: { darkModeSelector: '.dark', cssLayer: { name: 'primevue', order: 'base, primevue, workbench' } },
    },
  })
  app.directive('tooltip', Tooltip)
  return app
}

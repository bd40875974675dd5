import { createEngineClient } from '@shared/rpc'
import { openBrowserChannel } from './api/browserChannel'
import { browserHost } from './api/browserHost'
import { connectionOf } from './api/connection'
import { createWorkbench } from './app'

createWorkbench(connectionOf(createEngineClient(openBrowserChannel), browserHost)).mount('#app')

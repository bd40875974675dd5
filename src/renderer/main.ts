import { createEngineClient } from '@shared/rpc'
import { openBrowserChannel } from './api/browserChannel'
import { browserHost } from './api/browserHost'
import { connectionOf } from './api/connection'
import { createWindowChannels, windowBridge } from './api/windowChannel'
import { createWorkbench } from './app'

const bridge = windowBridge()
const client = createEngineClient(bridge ? createWindowChannels(bridge) : openBrowserChannel)
createWorkbench(connectionOf(client, bridge?.host ?? browserHost)).mount('#app')

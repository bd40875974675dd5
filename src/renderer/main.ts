import './trustedTypes'
import { createEngineClient } from '@shared/rpc'
import { openBrowserChannel } from './api/browserChannel'
import { browserHost } from './api/browserHost'
import { connectionOf } from './api/connection'
import { takeTokenFromAddress, takeTokenLater } from './api/pageToken'
import { createWindowConnector, windowBridge } from './api/windowChannel'
import { createWorkbench } from './app'

const bridge = windowBridge()
if (!bridge) {
  takeTokenFromAddress()
  takeTokenLater()
}
const client = createEngineClient(bridge ? createWindowConnector(bridge) : openBrowserChannel)
const connection = connectionOf(client, bridge?.host ?? browserHost)
createWorkbench(bridge ? { ...connection, onMenu: (listener) => bridge.onMenu(listener) } : connection).mount('#app')

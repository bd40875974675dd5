/**
 * The application on the fake engine, for looking at views without an engine. `?scenario=empty|runs|failed`,
 * `&speed=ms`. Never shipped.
 */
import { shallowRef } from 'vue'
import { browserHost } from '@renderer/api/browserHost'
import type { ConnectionState } from '@renderer/api/connection'
import { createWorkbench } from '@renderer/app'
import { UserError } from '@shared/errors'
import { createFakeEngine } from '../../fakes/engine'

const parameters = new URLSearchParams(location.search)
const scenario = parameters.get('scenario') ?? 'runs'
const engine = createFakeEngine({
  finishedRuns: scenario === 'empty' ? 0 : scenario === 'many' ? 400 : 7,
  ...(parameters.has('speed') ? { stepMilliseconds: Number(parameters.get('speed')) } : {}),
  ...(scenario === 'failing'
    ? {
        failures: {
          'experiment.triggerPreview': new UserError('The data set could not be read.', {
            wanted: 'a folder with data_batch_1.bin',
            got: 'an empty folder',
            where: 'data.params.path',
            action: 'Choose the folder of the binary version.',
          }),
        },
      }
    : {}),
})
const connection = {
  engine,
  host: browserHost,
  state: shallowRef<ConnectionState>(
    scenario === 'lost' ? { kind: 'lost', reason: 'the socket closed' } : { kind: 'open' },
  ),
  onReopen: () => () => undefined,
}
Object.assign(window, { fakeEngine: engine })
createWorkbench(connection).mount('#app')

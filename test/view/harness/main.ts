/**
 * The application on the fake engine, for looking at views without an engine. `?scenario=empty|runs|failing|lost|many|study`,
 * `&speed=ms`. Never shipped.
 */
import { shallowRef } from 'vue'
import { browserHost } from '@renderer/api/browserHost'
import type { ConnectionState } from '@renderer/api/connection'
import { createWorkbench } from '@renderer/app'
import { UserError } from '@shared/errors'
import { createFakeEngine } from '../../fakes/engine'

Object.assign(globalThis, { setImmediate: (task: () => void) => setTimeout(task, 0) })
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
if (scenario === 'study') {
  const numbers = (...values: number[]) => values.map((value) => ({ label: String(value), value }))
  const [preset] = await engine.call('studies.presets', {})
  const [attack, defenses] = preset?.definition.axes ?? []
  if (preset && attack && defenses) {
    const { definition } = preset
    const shuffling = defenses.values?.[1]?.value as { id: string; params: object }[]
    const both = [...shuffling, { id: 'sr', params: {} }]
    const study = await engine.call('studies.start', {
      definition: {
        ...definition,
        name: 'Triggers and ratios by defense',
        axes: [
          attack,
          { path: 'poisoning.ratio', values: numbers(0.01, 0.05, 0.1) },
          { ...defenses, values: [...(defenses.values ?? []), { label: 'sv+sr', value: both }] },
          { path: 'seed', values: numbers(0, 1, 2) },
        ],
      },
    })
    for (let run = 0; run < 34; run++) engine.advance(100_000)
    engine.advance(60)
    await engine.call('studies.cancel', { studyId: study.id, cells: [53] })
    await engine.call('studies.start', { definition })
  }
}
Object.assign(window, { fakeEngine: engine })
createWorkbench(connection).mount('#app')

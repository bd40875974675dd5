/** TensorFlow as a fake engine has it: there, unless a test begins without; a task goes on when the test sends events. */
import type { CallHandlers, CallsOf } from '../../src/shared/contract'
import type { RuntimeState, RuntimeVariant } from '../../src/shared/domain'

const cpu: RuntimeVariant = {
  id: 'cpu',
  title: 'TensorFlow (CPU)',
  directory: '/fake/cache/tensorflow/cpu',
  installed: true,
  active: true,
  fetchBytes: 274e6,
  diskBytes: 853e6,
  fetchedBytes: 274e6,
}
const gpu: RuntimeVariant = {
  ...cpu,
  id: 'gpu',
  title: 'TensorFlow with CUDA 12 and cuDNN 9',
  directory: '/fake/cache/tensorflow/gpu',
  installed: false,
  active: false,
  fetchBytes: 2.95e9,
  diskBytes: 4.37e9,
  fetchedBytes: 0,
}

export const fakeRuntimeState: RuntimeState = {
  folder: '/fake/cache',
  freeBytes: 1e11,
  packaged: true,
  variants: [cpu, gpu],
  suggested: 'cpu',
  origin: { indexes: ['https://index.example/simple'], findLinks: [], proxy: null, setIn: ['environment'] },
  ready: true,
  task: null,
  paused: false,
  failure: null,
}

/** The same on a machine where nothing was fetched yet. */
export const withoutRuntime: RuntimeState = {
  ...fakeRuntimeState,
  variants: [{ ...cpu, installed: false, active: false, fetchedBytes: 0 }, gpu],
  ready: false,
}

export interface FakeRuntime {
  readonly calls: CallHandlers<CallsOf<'runtime'>>
  readonly ready: boolean
  /** An event told it. */
  take(state: RuntimeState): void
}

export function createFakeRuntime(begin: RuntimeState = fakeRuntimeState): FakeRuntime {
  let state = begin
  const become = (change: Partial<RuntimeState>): RuntimeState => (state = { ...state, ...change })
  const nothing = { message: null, progress: null }
  return {
    calls: {
      'runtime.state': () => state,
      'runtime.install': ({ variant }) =>
        become({ paused: false, failure: null, task: { kind: 'install', variant, file: null, ...nothing } }),
      'runtime.unpack': ({ file }) =>
        become({ paused: false, failure: null, task: { kind: 'unpack', variant: null, file, ...nothing } }),
      'runtime.pause': () => become({ task: null, paused: true }),
    },
    get ready() {
      return state.ready
    },
    take: (next) => {
      state = next
    },
  }
}

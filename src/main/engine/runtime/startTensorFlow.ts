import { createRequire } from 'node:module'
import type * as tfjs from '@tensorflow/tfjs-core'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend'
import { howToInstallRuntime, type DeviceReport } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { toPlainBinding, type TFJSBinding } from './binding'
import { probeDevice } from './deviceProbe'
import { readDeviceReport } from './deviceReport'
import { applyEnvironment } from './environment'
import { defineMissingUtilities } from './nodeCompatibility'
import type { TensorFlowOptions } from './options'
import { readRuntimeDescription, type RuntimeDescription } from './runtimeFile'

export interface TensorFlowRuntime {
  /** The one tfjs-core of this process; modules that import '@tensorflow/tfjs-core' themselves get the same. */
  tf: typeof tfjs
  /** What every kernel goes through; its members may be replaced (graph capture). */
  binding: TFJSBinding
  backend: NodeJSKernelBackend
  device: DeviceReport
}

const backendName = 'tensorflow'
let started: Promise<TensorFlowRuntime> | undefined

/**
 * Loads TensorFlow, makes it tfjs's backend and runs a first op. Later calls of the process get the same runtime,
 * whatever their options:
 * TensorFlow reads its settings when it loads.
 * Errors: UserError where the runtime is not set up, cannot be loaded, or where `device: 'gpu'` was asked for and the
 * CPU ran.
 */
export function startTensorFlow(options: TensorFlowOptions = {}): Promise<TensorFlowRuntime> {
  started ??= start(options)
  return started
}

async function start(options: TensorFlowOptions): Promise<TensorFlowRuntime> {
  const runtime = readRuntimeDescription()
  applyEnvironment(options)
  defineMissingUtilities()
  const binding = toPlainBinding(loadBinding(runtime))
  const { tf, backend } = await registerBackend(binding)
  const device = await readDeviceReport(probeDevice(tf), options, runtime, binding.TF_Version)
  if (options.device === 'gpu' && device.kind === 'cpu') {
    throw new UserError('The GPU that was asked for is not usable.', {
      wanted: 'a GPU',
      got: device.title,
      ...(device.reason === null ? {} : { where: device.reason }),
      action: 'set the device to Automatic or CPU, or see "npm run doctor"',
    })
  }
  return { tf, binding, backend, device }
}

function loadBinding(runtime: RuntimeDescription): TFJSBinding {
  try {
    return createRequire(import.meta.url)(runtime.binding) as TFJSBinding
  } catch (error) {
    throw new UserError('TensorFlow could not be loaded.', {
      where: runtime.binding,
      got: error instanceof Error ? error.message : String(error),
      action: `Remove the folder ${runtime.tensorFlowDirectory}. ${howToInstallRuntime}`,
      cause: error,
    })
  }
}

/** Registers the kernels and the backend without the package's index.js, which would look for a binding of its own. */
async function registerBackend(binding: TFJSBinding): Promise<{ tf: typeof tfjs; backend: NodeJSKernelBackend }> {
  const load = createRequire(import.meta.url)
  const tf = load('@tensorflow/tfjs-core') as typeof tfjs
  load('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js')
  const { NodeJSKernelBackend: Backend } = load('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as {
    NodeJSKernelBackend: typeof NodeJSKernelBackend
  }
  const backend = new Backend(binding, '@tensorflow/tfjs-node-gpu')
  tf.registerBackend(backendName, () => backend, 3)
  if (!(await tf.setBackend(backendName))) throw new Error('tfjs refused the TensorFlow backend')
  await tf.ready()
  return { tf, backend }
}

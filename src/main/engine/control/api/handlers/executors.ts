/** Answers the calls about where stages run. */
import { dirname, isAbsolute } from 'node:path'
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import type { ExecutorFinding, MemberChoice, PartialExperimentConfig } from '../../../../../shared/domain'
import { sentenceOf } from '../../../../../shared/errors'
import { isVisible } from '../../../../../shared/schema'
import { namedFiles } from '../../experiments/namedFiles'
import type { EngineContext } from '../context'

export function executorHandlers(context: EngineContext): CallHandlers<CallsOf<'executors'>> {
  const { executors, checks, options } = context
  return {
    'executors.list': () => executors.list(),
    'executors.settings': ({ executor }) => ({ settings: executors.settings(executor) }),
    'executors.setSettings': ({ executor, change }, _signal, caller = 'owner') => {
      checks.assertSettings(caller, executors.params(executor), { now: executors.settings(executor), change })
      return { settings: executors.setSettings(executor, change) }
    },
    'executors.script': ({ executor, change = {} }) => ({ script: executors.script(executor, change) }),
    'executors.check': async ({ executor, config, probe = true, seconds = 120 }, signal) => {
      const { ready, message } = options.runtimeState()
      const here: ExecutorFinding[] = [
        ready
          ? { title: 'TensorFlow here', state: 'ok', message: 'the runtime is set up' }
          : {
              title: 'TensorFlow here',
              state: 'failed',
              message: message ?? 'no runtime',
              action:
                'Run "abd runtime install" once where the internet is, or "abd runtime unpack"; nodes take it from the shared cache.',
            },
      ]
      if (config !== undefined) here.push(await dataFinding(context, config, signal))
      const paths = config === undefined ? [] : pathsOf(context, config)
      const { findings, device } = await executors.check(executor, { probe, seconds, paths }, signal)
      return { findings: [...here, ...findings], device }
    },
  }
}

/** One image is enough to know that the files are there. */
async function dataFinding(
  { options, resolve }: EngineContext,
  config: PartialExperimentConfig,
  signal?: AbortSignal,
): Promise<ExecutorFinding> {
  const { data } = resolve(config).config
  try {
    await options.data.images(data, { split: 'train', first: 0, count: 1 }, signal)
    return { title: 'Data set here', state: 'ok', message: `${data.id} can be read` }
  } catch (error) {
    signal?.throwIfAborted()
    return {
      title: 'Data set here',
      state: 'failed',
      message: sentenceOf(error),
      action: 'Download it before anything is sent: nodes may have no internet.',
    }
  }
}

/** What tasks of a configuration read beside workspace and cache. */
function pathsOf({ table, resolve }: EngineContext, given: PartialExperimentConfig): string[] {
  const { config } = resolve(given)
  const files = namedFiles(config, table).map(({ file }) => file)
  return [...dataPaths(config.data), ...files].filter((path) => isAbsolute(path) && dirname(path) !== path)

  function dataPaths({ id, params }: MemberChoice): string[] {
    return Object.entries(table.find('dataset', id)?.params ?? {}).flatMap(([name, field]) => {
      const path = params[name]
      return field.kind === 'path' && isVisible(field, params) && typeof path === 'string' ? [path] : []
    })
  }
}

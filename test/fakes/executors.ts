/** Answers of the fake engine about where stages run. */
import type { CallArgs, CallResult, EngineCallName } from '../../src/shared/contract'
import { defaultSlurmSettings, slurmSettingsSchema } from '../../src/main/engine/control/executors/slurm/settings'
import { fakeDevice } from './device'

type ExecutorCall = Extract<EngineCallName, `executors.${string}`>
type ExecutorHandlers = { [K in ExecutorCall]: (args: CallArgs<K>) => CallResult<K> }

export function fakeExecutorHandlers(): ExecutorHandlers {
  const settings: Record<string, Record<string, unknown>> = { local: {}, slurm: { ...defaultSlurmSettings } }
  return {
    'executors.list': () => [
      { id: 'local', title: 'This machine', summary: 'Tasks are processes here.', params: {}, missing: null },
      {
        id: 'slurm',
        title: 'Slurm cluster',
        summary: 'Tasks are jobs of a cluster.',
        params: slurmSettingsSchema,
        missing: null,
      },
    ],
    'executors.settings': ({ executor }) => ({ settings: settings[executor] ?? {} }),
    'executors.setSettings': ({ executor, change }) => ({
      settings: (settings[executor] = { ...settings[executor], ...change }),
    }),
    'executors.script': ({ executor, change }) => ({
      script:
        executor === 'local'
          ? null
          : `#!/bin/bash -l\n#SBATCH --partition=${String({ ...settings[executor], ...change }.partition)}\n`,
    }),
    'executors.check': ({ executor, probe = true }) => ({
      findings:
        executor === 'local'
          ? []
          : [
              { title: 'Slurm', state: 'ok', message: 'slurm-wlm 22.05.8' },
              probe
                ? { title: 'Node', state: 'ok', message: 'n1, Node.js v20.19.0' }
                : { title: 'Node', state: 'skipped', message: 'No probe job was wanted.' },
            ],
      device: probe && executor !== 'local' ? fakeDevice : null,
    }),
  }
}

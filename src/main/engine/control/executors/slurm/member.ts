/** The Slurm executor as a member of its family: settings, script, check. */
import { slurmSettingsSchema, type SlurmSettings } from './settings'
import { defineExecutor } from '../members'
import { createSlurmExecutor } from '.'
import { checkCluster } from './check'
import { createSlurmCommands, SlurmRefusal } from './commands'
import { submissionFolder } from './jobFile'
import { batchScript } from './script'

export const slurm = defineExecutor({
  id: 'slurm',
  title: 'Slurm cluster',
  summary: 'Tasks are jobs of a cluster; they go on while this engine is closed.',
  params: slurmSettingsSchema,
  open(context) {
    const places = { node: context.trainer.node, trainer: context.trainer.script }
    const commands = createSlurmCommands()
    const settings = (): SlurmSettings => context.settings()
    const { workspace, notice } = context
    return {
      executor: createSlurmExecutor({ workspace, places, settings, notice, commands }),
      missing: () =>
        commands.version().then(
          () => null,
          (error: unknown) => (error instanceof SlurmRefusal ? `${error.message} (${error.got ?? ''})` : String(error)),
        ),
      script: (values) => batchScript(values, examplePlan(workspace, values), places),
      check: (request, teller, signal) =>
        checkCluster({ ...context, settings: settings(), commands, places, signal }, request, teller),
    }
  },
})

/** Three students of one teacher: what a study sends most of. */
const examplePlan = (workspace: string, { concurrency }: SlurmSettings): Parameters<typeof batchScript>[1] => ({
  title: 'Student',
  folder: submissionFolder(workspace, 'example'),
  count: 3,
  limit: concurrency < 3 ? concurrency : 0,
  needs: { threads: 0, device: 'auto' },
  after: ['17_0'],
  comment: 'abd:example',
})

/** Measures an analysis that somebody asked for: opens what it needs, lets it measure, checks what it found. */
import { UserError } from '../../../../shared/errors'
import { analyses } from '../../families/analyses'
import type { AskedContext } from '../../families/analyses/askedTypes'
import type { AnalyseJob, TrainerReport } from '../../protocol/messages'
import { loadDataset } from '../data'
import { createProgram } from '../stages'
import { createMaterials, type Materials } from './materials'

/** Reports progress, warnings and one artifact of the analysis's schema. */
export async function analyse(
  job: AnalyseJob,
  onProgress: (fraction: number, message: string) => void,
  report: (report: TrainerReport) => void,
): Promise<void> {
  const { member, values } = analyses.open(job.analysis, 'analysis')
  if (member.when !== 'asked') throw new UserError(`${member.title} is measured by stages, not when asked for.`)
  const dataset = await loadDataset({ data: job.config.data, cacheFolder: job.cacheFolder, onProgress })
  const program = createProgram(job.config)
  const materials = createMaterials({ job, dataset, program })
  onProgress(1, 'Opening the networks')
  const needed = await Promise.all(
    member.needs.map(async (need): Promise<[string, unknown]> => [need, await materials[need]()]),
  )
  const started = performance.now()
  const context = {
    ...(Object.fromEntries(needed) as { [Need in keyof Materials]: Awaited<ReturnType<Materials[Need]>> }),
    classNames: dataset.classNames,
    target: job.config.poisoning.target,
    step: job.step,
    warn: (message: string) => report({ type: 'warning', message }),
    async progress(done: number, total: number, message: string) {
      const seconds = (performance.now() - started) / 1000
      const fraction = done / Math.max(1, total)
      report({
        type: 'progress',
        step: done,
        totalSteps: total,
        seconds,
        secondsLeft: done > 0 ? (seconds / done) * (total - done) : null,
        activity: { message, fraction },
      })
      // Pings and the end of control are heard between batches.
      await new Promise((resolve) => setImmediate(resolve))
    },
  } satisfies AskedContext
  const found = await member.measure(values, context)
  // As it will be read: what JSON cannot say is null.
  const artifact = member.artifact.parse(JSON.parse(JSON.stringify(found)))
  report({ type: 'artifact', analysis: member.id, step: job.step ?? 0, artifact })
  program.dispose()
}

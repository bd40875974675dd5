import { findingsOf, type ExperimentConfig, type RunSummary, type StageRecord } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'

/**
 * Before a student begins: whether its teacher is one that somebody would want to learn from. One that has begun goes
 * on, as those of runs from before the question. On a cluster, where a
 * student is handed over before its teacher is done, its teacher is not known yet and nothing is asked.
 * @throws RefusedInputError where the teacher has collapsed and nobody said that it is wanted all the same
 */
export function refuseCollapsedTeacher(
  { stages }: Pick<RunSummary, 'stages'>,
  { step }: Pick<StageRecord, 'step'>,
  { teacher }: ExperimentConfig,
): void {
  const record = stages.find(({ kind }) => kind === 'teacher')
  if (step > 0 || record?.state !== 'done' || teacher.distilCollapsed !== false) return
  const collapsed = findingsOf(record, { poisonRatio: null }).find(({ kind }) => kind === 'collapsedTeacher')
  if (!collapsed) return
  throw new RefusedInputError(
    'The teacher has collapsed: its students would learn nothing, and its ASR means nothing.',
    {
      wanted: 'a teacher that tells classes apart',
      got: collapsed.reason,
      where: 'teacher',
      action:
        'Look at its pixel values and its training. To distil from it all the same, start again with --set teacher.distilCollapsed=true, or switch it on in the form; the teacher is not trained anew.',
    },
  )
}

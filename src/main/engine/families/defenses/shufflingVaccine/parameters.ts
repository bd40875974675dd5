import { boolean, integer, number, type MemberIssue, type ValuesOf } from '../../../../../shared/schema'
import { acceptedTailRatio } from '../../../maths/losses/shufflingVaccine'
import { penaltyCoefficient, shuffledTeacherFields } from '../../shuffledTeachers'
import type { DefenseCheckContext } from '../types'

/**
 * The first pooled pseudo batch, counted from 0; the reference compares the pseudo-batch count with its 11 iterations
 * per batch.
 */
export const firstPooledBatch = 11

export const params = {
  coefficient: penaltyCoefficient({
    help: 'Weight of the penalty in the generator’s loss; where images come from a picture, of the suspected patches, which the student unlearns.',
  }),
  ...shuffledTeacherFields,
  testBatches: integer({
    label: 'Selection test after',
    unit: 'pseudo batches',
    default: 0,
    min: 0,
    max: 100_000,
    help: 'The penalty stays off until then; the images pooled from pseudo batch 12 on decide whether the shuffles are kept. 0: no test, on from the first step (CIFAR-10). GTSRB: 50. Otherwise at least 12 and less than the length of the distillation. Methods with many synthesis steps per pseudo batch count those steps.',
  }),
  trials: integer({
    label: 'Ensembles tried',
    default: 8,
    min: 1,
    max: 100,
    help: 'Ensembles tried by the selection test, the first included; after so many failures the defense stays off.',
    visibleWhen: { field: 'testBatches', greaterThan: 0 },
  }),
  tailRatio: number({
    label: 'Smallest accepted tail ratio',
    default: acceptedTailRatio,
    min: 0,
    max: 1,
    help: 'The ensemble is accepted when more than this share of log10 KL lies below mean − 3 standard deviations.',
    visibleWhen: { field: 'testBatches', greaterThan: 0 },
  }),
  shuffledGradient: boolean({
    label: 'Gradient through the shuffled teachers',
    default: true,
    advanced: true,
    help: 'Off: their logits are constants for the generator (the reference’s no_shuf_grad).',
  }),
}
export type VaccineParameters = ValuesOf<typeof params>

/**
 * A test that pools nothing, or never comes, would leave the defense off without a word.
 * With many synthesis steps per pseudo batch the steps count, and what is decided acts from the next pseudo batch on.
 */
export function selectionIssues(
  { testBatches }: Pick<VaccineParameters, 'testBatches'>,
  { methodTotal, synthesisSteps }: Pick<DefenseCheckContext, 'methodTotal' | 'synthesisSteps'>,
): MemberIssue[] {
  const end = methodTotal === undefined ? undefined : (methodTotal - 1) * (synthesisSteps ?? 1) + 1
  if (testBatches === 0 || (testBatches > firstPooledBatch && (end === undefined || testBatches < end))) return []
  const unit = synthesisSteps === undefined ? 'pseudo batch' : 'synthesis step'
  const range =
    end === undefined
      ? `at least ${firstPooledBatch + 1}`
      : end > firstPooledBatch + 1
        ? `${firstPooledBatch + 1} to ${end - 1}`
        : 'a longer distillation'
  const deadline = end === undefined ? '' : ` and the decision must come before ${unit} ${end}`
  return [
    {
      parameter: 'testBatches',
      severity: 'error',
      message: `wanted 0 (no selection test) or ${range}: images are pooled from ${unit} ${firstPooledBatch + 1} on${deadline}; got ${testBatches}`,
    },
  ]
}

/** Images are pooled between the first pseudo batch with it and the test. */
export function lateSelectionIssues(
  { testBatches }: Pick<VaccineParameters, 'testBatches'>,
  pseudoBatches: number,
): MemberIssue[] {
  const first = Math.max(firstPooledBatch, pseudoBatches)
  if (testBatches === 0 || testBatches > first) return []
  return [
    {
      parameter: 'testBatches',
      severity: 'error',
      message: `wanted 0 (no selection test) or more than ${first}, since images are pooled only from there on, got ${testBatches}`,
    },
  ]
}

/**
 * A stage of a run by its name: what kind it is, and the how manieth of its kind. Its id, on disk and on the wire, is
 * formatted and read in this file alone.
 */
import { ExhaustiveError } from '../errors'

export type StageKind = 'data' | 'teacher' | 'student'

export interface StageName {
  readonly kind: StageKind
  /** From 0, among the stages of its kind. */
  readonly index: number
}

/** 'data', 'teacher', 'student-1', 'student-2', … */
export function stageIdOf({ kind, index }: StageName): string {
  switch (kind) {
    case 'data':
    case 'teacher':
      return kind
    case 'student':
      return `student-${index + 1}`
    default:
      throw new ExhaustiveError(kind)
  }
}

const idPattern = /^(?:(data|teacher)|student-([1-9]\d*))$/

/** The stage of an id; undefined where the text is none. */
export function stageNameOf(id: string): StageName | undefined {
  const [whole, single, number] = idPattern.exec(id) ?? []
  if (whole === undefined) return undefined
  return single === undefined
    ? { kind: 'student', index: Number(number) - 1 }
    : { kind: single as 'data' | 'teacher', index: 0 }
}

/** The kinds of stage that must be done before one begins. */
export const kindsBefore: Readonly<Record<StageKind, readonly StageKind[]>> = {
  data: [],
  teacher: ['data'],
  student: ['data', 'teacher'],
}

const kindOrder: Record<StageKind, number> = { data: 0, teacher: 1, student: 2 }

/** Sorts as the stages run: data, teacher, then its students. */
export const compareStages = (left: StageName, right: StageName): number =>
  kindOrder[left.kind] - kindOrder[right.kind] || left.index - right.index

/** A kept checkpoint of a student of some run. */
export interface CheckpointName {
  readonly runId: string
  readonly stageId: string
  readonly step: number
}

/** What a text field takes for a checkpoint's name. */
export const checkpointNamePattern = '[^/@\\s]+/student-[1-9][0-9]*@[0-9]+'

/** "run/student-1@79400". */
export const checkpointNameText = ({ runId, stageId, step }: CheckpointName): string => `${runId}/${stageId}@${step}`

/** Reads what checkpointNameText writes; undefined where the text is none. */
export function checkpointNameOf(text: string): CheckpointName | undefined {
  const [, runId, stageId, step] = /^([^/]+)\/([^/@]+)@(\d+)$/.exec(text) ?? []
  return runId && stageId && step && stageNameOf(stageId)?.kind === 'student'
    ? { runId, stageId, step: Number(step) }
    : undefined
}

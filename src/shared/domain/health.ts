/** What is wrong with a model that its state does not tell: "done" may be a student that has learnt nothing. */
export type HealthKind =
  | 'deadStudent'
  | 'collapsedGenerator'
  | 'collapsedTeacher'
  | 'teacherNotPoisoned'
  | 'notFinite'
  | 'stalled'
  | 'stoppedEarly'

/** Where in the page of a run it can be seen. */
export type HealthPlace = 'results' | 'charts' | 'images' | 'log'

export interface HealthFinding {
  readonly kind: HealthKind
  readonly severity: 'warning' | 'error'
  /** One sentence with the numbers behind it and the rule. */
  readonly reason: string
  readonly place: HealthPlace
  /** The step at which it was seen. */
  readonly step?: number
}

/** Two words for a badge. */
export const healthTitles: Readonly<Record<HealthKind, string>> = {
  deadStudent: 'Dead student',
  collapsedGenerator: 'Collapsed generator',
  collapsedTeacher: 'Collapsed teacher',
  teacherNotPoisoned: 'Teacher not poisoned',
  notFinite: 'Not a number',
  stalled: 'Stalled',
  stoppedEarly: 'Stopped early',
}

/** Models whose rates would say something of their failing, not of what was compared. */
const leftOut: readonly HealthKind[] = ['deadStudent', 'collapsedTeacher', 'notFinite']

/** Whether a model's rates enter means, DER and RIR; those that do not are counted beside them. */
export const countsInMeans = ({ health = [] }: { readonly health?: readonly HealthFinding[] | undefined }): boolean =>
  !health.some(({ kind }) => leftOut.includes(kind))

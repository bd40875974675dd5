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

/** Models whose rates would say something of their failing, not of what was compared; and why, in a word or two. */
const leftOut: ReadonlyMap<HealthKind, string> = new Map([
  ['deadStudent', 'dead'],
  ['collapsedTeacher', 'collapsed'],
  ['notFinite', 'not a number'],
])

interface Judged {
  readonly health?: readonly HealthFinding[] | undefined
}

const reasonOf = ({ health = [] }: Judged): string | undefined =>
  health.map(({ kind }) => leftOut.get(kind)).find((reason) => reason !== undefined)

/** Whether a model's rates enter means, DER and RIR; those that do not are counted beside them. */
export const countsInMeans = (model: Judged): boolean => reasonOf(model) === undefined

/**
 * "1 of 5 left out: dead", "3 of 5 left out: 2 dead, 1 not a number"; empty where none is.
 * @param models those that count and those that do not
 */
export function leftOutWords(models: readonly Judged[]): string {
  const counts = new Map<string, number>()
  for (const reason of models.map(reasonOf)) if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  if (counts.size === 0) return ''
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const [only, ...others] = counts.keys()
  const reasons = others.length === 0 ? only : [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `${total} of ${models.length} left out: ${reasons}`
}

/** What is timed, by the names that cross to the subjects. */
export const phases = ['pseudoBatch', 'pseudoBatchVaccine', 'teacher', 'evaluation'] as const
export type Phase = typeof phases[number]

/** Seconds; `student` is the mean of the pseudo batch's student steps. */
export interface PhaseTimes {
  readonly total: number
  readonly generator?: number
  readonly sample?: number
  readonly student?: number
}

/** What is known of an image, in words: columns by which images are ordered and filtered. */
export interface ColumnInfo {
  readonly id: string
  readonly title: string
  /** class: a number that stands for a class; share: 0 … 1; mark: 0 or 1. */
  readonly kind: 'class' | 'share' | 'mark' | 'number'
}

/** What the engine records of every kept image, and what follows from it. */
export const recordedColumns: readonly ColumnInfo[] = [
  { id: 'teacherClass', title: 'Teacher’s class', kind: 'class' },
  { id: 'teacherConfidence', title: 'Teacher’s confidence', kind: 'share' },
  { id: 'studentClass', title: 'Student’s class', kind: 'class' },
  { id: 'studentConfidence', title: 'Student’s confidence', kind: 'share' },
  { id: 'disagree', title: 'Teacher and student disagree', kind: 'mark' },
  { id: 'suspected', title: 'Suspected by the defense', kind: 'mark' },
]

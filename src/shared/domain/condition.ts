/** Which models are of one kind, wherever models are compared. */
import type { JsonScalar } from '../schema'

/**
 * What kind of model it is wherever models are compared: method, defenses and their settings, precision. Models of one
 * condition have one colour and one marker everywhere, whatever is selected.
 */
export interface Condition {
  /**
   * 'teacher', or method, defenses with their settings that are not at their defaults, and a precision beside float32.
   */
  readonly key: string
  /**
   * In the order in which conditions came into this workspace, from 0: it chooses colour and marker. −1 of teachers,
   * which look alike everywhere and take no colour from the others.
   */
  readonly number: number
}

/** Of every teacher. */
export const teacherCondition: Condition = { key: 'teacher', number: -1 }

/** Settings of a student's defenses that are shown, by '<member>.<parameter>'. */
export type ModelSettings = Readonly<Record<string, JsonScalar>>

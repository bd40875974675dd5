/** What of a student's confusion matrices is shown. */
import { ExhaustiveError } from '@shared/errors'
import { differences, percentAt, shares, type ClassesArtifact } from '../../analyses/confusions'

export const matrixKinds = [
  { id: 'triggered', title: 'With trigger' },
  { id: 'clean', title: 'Without' },
  { id: 'difference', title: 'Difference' },
] as const
export type MatrixKind = (typeof matrixKinds)[number]['id']

export interface MatrixShown {
  /** Shares of the row, or differences of them. */
  readonly values: readonly (readonly number[])[]
  readonly signed: boolean
  readonly textAt: (row: number, column: number) => string
}

/** null where it was not measured with the trigger. */
export function matrixView(artifact: ClassesArtifact, kind: MatrixKind): MatrixShown | null {
  const shown = (values: readonly (readonly number[])[] | null, signed = false): MatrixShown | null =>
    values && { values, signed, textAt: percentAt(values, signed) }
  switch (kind) {
    case 'clean':
      return shown(shares(artifact.confusion, artifact.images))
    case 'triggered':
      return shown(artifact.triggered ? shares(artifact.triggered, artifact.images) : null)
    case 'difference':
      return shown(differences(artifact), true)
    default:
      throw new ExhaustiveError(kind)
  }
}

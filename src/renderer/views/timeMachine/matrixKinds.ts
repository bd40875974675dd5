/** What of a student's confusion matrices is shown. */
import { ExhaustiveError } from '@shared/errors'
import { differences, shares, type ClassesArtifact } from '../../analyses/confusions'

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

/** In whole percent; nothing where it rounds to 0. */
const percentAt =
  (values: readonly (readonly number[])[], signed: boolean) =>
  (row: number, column: number): string => {
    const value = Math.round((values[row]?.[column] ?? 0) * 100)
    if (value === 0) return ''
    const sign = value < 0 ? '−' : signed ? '+' : ''
    return `${sign}${Math.abs(value)}`
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

/** What a confusion matrix says, for the class table. confusion[true][predicted], counts. */

/** The artifact, as its analysis measures it. */
export interface ClassesArtifact {
  /** Clean test images of each class. */
  images: number[]
  confusion: number[][]
  accuracy: number[]
}

export interface Confusion {
  truth: number
  predicted: number
  count: number
  /** Of the images of the true class. */ share: number
}

/** Each row as shares of its class; a class without test images gives zeros. */
export function rowShares(confusion: readonly (readonly number[])[]): number[][] {
  return confusion.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    return row.map((count) => (total > 0 ? count / total : 0))
  })
}

/** The mistakes with the largest share of their class, at most `limit`. */
export function frequentConfusions(confusion: readonly (readonly number[])[], limit: number): Confusion[] {
  const shares = rowShares(confusion)
  return confusion
    .flatMap((row, truth) =>
      row.map((count, predicted) => ({ truth, predicted, count, share: shares[truth]?.[predicted] ?? 0 })),
    )
    .filter((entry) => entry.truth !== entry.predicted && entry.count > 0)
    .sort((first, second) => second.share - first.share)
    .slice(0, limit)
}

/** Larger matrices are drawn without numbers, and beyond this not at all: their list of mistakes says more. */
export const largestNumbered = 12
export const largestDrawn = 50

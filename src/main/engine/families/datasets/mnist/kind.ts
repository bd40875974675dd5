/** What MNIST and the sets that copy its layout differ in. */

export interface MnistKind {
  readonly id: string
  readonly title: string
  /** How its tables' names begin: mnist_train.csv. */
  readonly tables: string
  /** Whether a path's words tell this set. */
  isNamedBy(where: string): boolean
  readonly classNames: readonly string[]
  readonly mean: number
  readonly standardDeviation: number
}

/** Which set a path's words tell, the last folder's first; null without such a word. */
export function setNamedBy(where: string): 'fashion' | 'digits' | 'other' | null {
  for (const part of where.split(/[\\/]|: /).reverse()) {
    if (/fashion|fmnist/i.test(part)) return 'fashion'
    if (/kmnist|kuzushiji|emnist|qmnist/i.test(part)) return 'other'
    if (/mnist|digit-?recognizer/i.test(part)) return 'digits'
  }
  return null
}

/** Which arrays of an archive are images and labels, by the names that people give them. */

export type Split = 'train' | 'validation' | 'test' | 'all'

export interface ArrayRole {
  readonly split: Split
  readonly holds: 'images' | 'labels'
}

const splits: Readonly<Record<string, Split>> = {
  ...{ train: 'train', training: 'train', tr: 'train' },
  ...{ test: 'test', testing: 'test', te: 'test' },
  ...{ val: 'validation', valid: 'validation', validation: 'validation', dev: 'validation' },
}
const images = new Set([
  'x',
  'image',
  'images',
  'img',
  'imgs',
  'data',
  'picture',
  'pictures',
  'pixels',
  'inputs',
  'features',
])
const labels = new Set(['y', 'label', 'labels', 'lbl', 'target', 'targets', 'class', 'classes'])
/** They may say something else beside a clearer word: embeddings, the numbers that classes have. */
const unclear = new Set(['features', 'class', 'classes'])
const fillers = new Set(['set', 'all'])

const meansSomething = (word: string): boolean => word in splits || images.has(word) || labels.has(word)

/** The words of "x_train", "trainImages", "Xtest", "test/labels", in small letters. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/(^|[/_. -])([xy])(train|test|val)/i, '$1$2 $3')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '' && !fillers.has(word))

/**
 * What a name says; null where a word of it means nothing here.
 * @param ignored words that do not count
 */
export function roleOf(name: string, ignored: ReadonlySet<string> = new Set()): ArrayRole | null {
  const words = wordsOf(name).filter((word) => !ignored.has(word))
  const split = words.filter((word) => word in splits)
  const holds = words.filter((word) => images.has(word) || labels.has(word))
  const [first] = holds
  if (split.length > 1 || holds.length !== 1 || first === undefined || split.length + 1 !== words.length) return null
  return { split: splits[split[0] ?? ''] ?? 'all', holds: images.has(first) ? 'images' : 'labels' }
}

/** Whether a name speaks of training: "train", "cifarTrain". */
export const namesTraining = (name: string): boolean => wordsOf(name).some((word) => splits[word] === 'train')

/** Words that all names have and that say nothing: "cifar" and "v" of cifar10.1_v6_data and cifar10.1_v6_labels. */
function wordsOfAll(names: readonly string[]): Set<string> {
  const [first = [], ...others] = names.map(wordsOf)
  return new Set(first.filter((word) => !meansSomething(word) && others.every((words) => words.includes(word))))
}

/** Of several names for one thing those that are clear, where some are. */
function clearest(names: readonly string[]): readonly string[] {
  const clear = names.filter((name) => !wordsOf(name).some((word) => unclear.has(word)))
  return clear.length > 0 ? clear : names
}

export type SplitArrays = Readonly<Partial<Record<Split, { readonly images: string; readonly labels: string }>>>

/** Names of numpy.savez without names, in the order of their numbers. */
const numbered = (names: readonly string[]): string[] =>
  names.filter((name) => /^arr_\d+$/.test(name)).sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))

/**
 * The pairs of images and labels; of arrays without names the first two, or the first four as
 * numpy.savez(x_train, y_train, x_test, y_test) has them.
 */
export function findPairs(names: readonly string[]): { pairs: SplitArrays; unused: string[]; notes: string[] } {
  const found = new Map<string, string[]>()
  const ignored = wordsOfAll(names)
  for (const name of names) {
    const role = roleOf(name, ignored)
    if (role === null) continue
    const key = `${role.split} ${role.holds}`
    found.set(key, [...(found.get(key) ?? []), name])
  }
  const pairs: Partial<Record<Split, { images: string; labels: string }>> = {}
  for (const split of ['train', 'validation', 'test', 'all'] as const) {
    const [pixels, others] = [
      clearest(found.get(`${split} images`) ?? []),
      clearest(found.get(`${split} labels`) ?? []),
    ]
    if (pixels.length === 1 && others.length === 1) pairs[split] = { images: pixels[0]!, labels: others[0]! }
  }
  const notes: string[] = []
  const [a, b, c, d] = numbered(names)
  if (Object.keys(pairs).length === 0 && a !== undefined && b !== undefined) {
    pairs[d === undefined ? 'all' : 'train'] = { images: a, labels: b }
    if (c !== undefined && d !== undefined) pairs.test = { images: c, labels: d }
    notes.push(
      d === undefined
        ? `The arrays have no names: ${a} was taken as images, ${b} as labels.`
        : `The arrays have no names: ${a}, ${b} were taken as training images and labels, ${c}, ${d} as those of the test set.`,
    )
  }
  const used = new Set(Object.values(pairs).flatMap((pair) => [pair.images, pair.labels]))
  return { pairs, unused: names.filter((name) => !used.has(name)), notes }
}

/** Which pair is trained on and which tests; null where nothing can be trained on. */
export function choosePairs(pairs: SplitArrays): { train: Split; test: Split | null; unused: Split[] } | null {
  const train = (['train', 'all'] as const).find((split) => pairs[split] !== undefined)
  if (train === undefined) return null
  const test = (['test', 'validation'] as const).find((split) => pairs[split] !== undefined) ?? null
  const unused = (Object.keys(pairs) as Split[]).filter((split) => split !== train && split !== test)
  return { train, test, unused }
}

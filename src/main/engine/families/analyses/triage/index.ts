import { panelsArtifact } from '../../../../../shared/domain'
import { choice, integer, type ValuesOf } from '../../../../../shared/schema'
import { createStream } from '../../../maths/random'
import { answersOf, divergencesOf } from '../answers'
import { defineAskedAnalysis, type AskedContext } from '../askedTypes'
import { numberIn, tableOf } from '../panelTables'
import { shuffleFields } from '../shuffleFields'
import { ranked } from './evidence'
import { noise, triageImages } from './images'
import { controlOf, measureClass, plainStatistics, type MeasuredClass, type Triaged } from './measure'
import { panelsOf, rankingTitle } from './panels'
import { searchUniversal } from './universal'

const params = {
  images: choice({
    label: 'Images',
    default: 'inverted',
    help: 'What the teacher is asked about; none of it is a real image.',
    options: [
      {
        value: 'inverted',
        label: 'Inverted from the teacher',
        help: 'Made here for every class out of the teacher alone: its answers, its batch-norm statistics and smoothness.',
      },
      { value: 'kept', label: 'Kept by the run', help: 'Synthetic images that the run’s students have kept.' },
      { value: 'uniform', label: 'Uniform noise', help: 'The teacher often gives all of them one class.' },
      { value: 'gaussian', label: 'Gaussian noise', help: 'The teacher often gives all of them one class.' },
    ],
  }),
  imagesPerClass: integer({
    label: 'Images for each class',
    default: 5,
    min: 2,
    max: 100,
    help: 'Times the number of classes, so many images are made, or taken.',
  }),
  inversionRounds: integer({
    label: 'Rounds of the inversion',
    default: 60,
    min: 1,
    max: 10_000,
    help: 'Adam steps that make an image out of noise.',
    advanced: true,
    visibleWhen: { field: 'images', equals: 'inverted' },
  }),
  searchImages: integer({
    label: 'Images of each search, at most',
    default: 40,
    min: 10,
    max: 1000,
    help: 'A class is searched for with images of the other classes.',
    advanced: true,
  }),
  searchRounds: integer({
    label: 'Rounds at each norm',
    default: 4,
    min: 1,
    max: 200,
    help: 'Gradient steps of the universal perturbation at each of eight norms.',
    advanced: true,
  }),
  seed: integer({
    label: 'Seed',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'Of the noise that everything begins with.',
    advanced: true,
  }),
  ...shuffleFields,
}
type Context = AskedContext<'teacher' | 'students' | 'shuffledTeachers'>

/** Of the share of noise that a class is given. */
const noiseImages = 200

async function measured(values: ValuesOf<typeof params>, context: Context): Promise<Triaged> {
  const { teacher: network, students, shuffledTeachers, progress, warn } = context
  const { classes } = network
  const rounds = values.images === 'inverted' ? values.inversionRounds : 0
  const total = rounds + 10 * classes
  const { images, words } = await triageImages(
    { source: values.images, perClass: values.imagesPerClass, rounds, seed: values.seed },
    { network, students, tick: (round) => progress(round, total, 'Making images') },
  )
  if (values.images !== 'inverted')
    warn('The score is calibrated on inverted images. On noise it tells nothing: the target class may come last.')
  const logits = network.logits(images)
  const labels = answersOf(logits, classes).map(({ label }) => label)
  const random = answersOf(network.logits(noise('uniform', noiseImages, network.image, values.seed)), classes)
  const choice = { members: values.shuffledCopies, layers: values.shuffledDepth, seed: values.shuffleSeed }
  const divergences = (set: typeof images): number[] | null => {
    const shuffled = shuffledTeachers?.(set, choice)
    return shuffled ? divergencesOf(shuffled.teacher, shuffled.mean, classes) : null
  }
  const statistics = plainStatistics(network, images)
  const found: MeasuredClass[] = []
  for (let label = 0; label < classes; label++) {
    const search = { images, labels, most: values.searchImages, rounds: values.searchRounds }
    const universal = searchUniversal(network, label, search)
    found.push(measureClass({ network, label, images, universal, divergences, random, statistics }))
    await progress(rounds + 10 * (label + 1), total, `Universal perturbation of ${context.classNames[label] ?? label}`)
  }
  const ranking = ranked(found)
  const missing = ranking.filter(({ ease }) => ease === null).map(({ label }) => context.classNames[label] ?? label)
  if (missing.length > 0)
    warn(`Nearly all images have the class ${missing.join(', ')} already: nothing can be searched for there.`)
  const [first] = ranking
  return {
    words,
    images,
    labels,
    divergences: divergences(images),
    ranking,
    control: first?.universal
      ? controlOf(network, { images, labels, label: first.label }, createStream(values.seed, 'triageControl'))
      : null,
  }
}

/**
 * Whether a teacher that came without any data answers to a trigger, and with which class: the universal perturbation
 * of every class, what shuffled copies and batch-norm statistics say of it, and which class noise is given; ranked by
 * one score.
 */
export const triage = defineAskedAnalysis({
  id: 'triage',
  title: 'Triage without data',
  summary:
    'Whether a teacher looks poisoned, and with which target class, without any real image: how small a universal perturbation of each class is, beside shuffled copies, batch-norm statistics and the classes of noise.',
  reference: {
    citation: 'Wang et al. 2019, Neural Cleanse: Identifying and mitigating backdoor attacks in neural networks',
    link: 'https://doi.org/10.1109/SP.2019.00031',
    place: 'section IV; the images as in Yin et al. 2020, arXiv:1912.08795',
  },
  params,
  when: 'asked',
  subject: { of: 'teacher', most: 1, keptImages: false },
  needs: ['teacher', 'students', 'shuffledTeachers'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  numbers: {
    score: {
      title: 'Suspicion',
      unit: '%',
      definition: 'Score of the class that is suspected most; calibrated on teachers of Signs (docs/seeing.md).',
      of: (artifact) => numberIn(tableOf(artifact, rankingTitle)?.rows[0]?.[1]),
    },
    lead: {
      title: 'Lead in ease',
      unit: '',
      definition:
        'Ease of the class that is suspected most, minus that of the easiest other class: how much smaller a perturbation it takes.',
      of: (artifact) => numberIn(tableOf(artifact, rankingTitle)?.rows[0]?.[2]),
    },
  },
  line(artifact) {
    const table = tableOf(artifact, rankingTitle)
    if (!table) return null
    const [first, second] = table.rows
    // Too few images of other classes to search with, as of two classes with a few images each.
    if (typeof first?.[1] !== 'number') return 'nobody is suspected: too few classes could be searched for'
    const told = (row: typeof second): string => `${row?.[0]} ${(100 * Number(row?.[1])).toFixed(0)} %`
    return `suspected: ${told(first)}, then ${told(second)}`
  },
  measure: async (values, context) => ({ panels: panelsOf(await measured(values, context), context) }),
})

/** Which images are suspected: shown, by class, and by how they correlate with the trigger. */
import { meanOf, type ImagesArtifact, type Panel } from '../../../../../shared/domain'
import { rankCorrelation } from '../../../../../shared/domain/importance'
import { selectImages } from '../../../images/imageSets'
import { within, type Looked, type Observation, type Range } from './observe'
import type { Found } from './panels'

const shown = 24

/** Today's choice of layers and members, each draw. */
const todays = ({ observations, choices: { today } }: Found): Observation[] =>
  observations.filter(({ layers, members }) => layers === today.layers && members === today.members)

/** Of each image in the range, the share of the draws in which it is suspected, and its mean KL. */
function overDraws(draws: readonly Observation[], range: Range): { often: number[]; kl: number[] } {
  const rows = Array.from({ length: range.last - range.first }, (_, row) => range.first + row)
  return {
    often: rows.map((row) => draws.filter(({ suspected }) => suspected[row] === true).length / draws.length),
    kl: rows.map((row) => meanOf(draws.map(({ kl }) => kl[row] ?? 0))),
  }
}

function picturesOf(looked: Looked, rows: readonly number[], captions: string[]): ImagesArtifact {
  const { count, height, width, channels, pixels } = selectImages(looked.images, rows)
  return { count, height, width, channels, pixels: Buffer.from(pixels).toString('base64'), captions }
}

/** The most and the least suspected synthetic images. */
export function imagePanels(found: Found, classNames: readonly string[]): Panel[] {
  const { looked, choices } = found
  const { synthetic, steps, answers, correlation } = looked
  if (!synthetic) return []
  const draws = todays(found)
  const { often, kl } = overDraws(draws, synthetic)
  const order = [...often.keys()].sort(
    (left, right) => (often[right] ?? 0) - (often[left] ?? 0) || (kl[left] ?? 0) - (kl[right] ?? 0),
  )
  const caption = (row: number): string => {
    const label = answers[synthetic.first + row]?.label ?? -1
    const times = Math.round((often[row] ?? 0) * draws.length)
    const r = correlation ? `, r ${(correlation[row] ?? 0).toFixed(2)}` : ''
    return `${classNames[label] ?? label}: ${times} of ${draws.length}, KL ${(kl[row] ?? 0).toPrecision(2)}${r}, step ${steps[row]}`
  }
  const panel = (title: string, rows: readonly number[], definition: string): Panel => ({
    kind: 'images',
    title,
    definition,
    content: picturesOf(
      looked,
      rows.map((row) => synthetic.first + row),
      rows.map(caption),
    ),
  })
  const words = `with ${choices.today.layers} shuffled layers and ${choices.today.members} shuffled teachers; teacher’s class, in how many of the draws it is suspected, mean KL${correlation ? ', correlation r with the trigger' : ''}, kept step`
  const suspected = order.filter((row) => (often[row] ?? 0) > 0)
  const free = order.filter((row) => (often[row] ?? 0) === 0).reverse()
  return [
    panel('Synthetic images that are suspected', suspected.slice(0, shown), `The most often suspected ${words}.`),
    panel('Synthetic images that are never suspected', free.slice(0, shown), `Those of the largest KL ${words}.`),
  ].filter(({ content }) => 'count' in content && content.count > 0)
}

/** By the teacher's class of synthetic images, the true class of test images. */
export function classPanel(found: Found, classNames: readonly string[]): Panel {
  const { clean, triggered, synthetic, images, answers } = found.looked
  const draws = todays(found)
  const sides = [clean, triggered, synthetic].map((range) => range && overDraws(draws, range).often)
  const cell = (range: Range | null, often: readonly number[] | null | undefined, label: number) => {
    if (!range || !often) return [null, null]
    const classOf = (row: number): number => (range === synthetic ? answers[row]?.label : images.labels[row]) ?? -1
    const own = often.filter((_, index) => classOf(range.first + index) === label)
    return own.length > 0 ? [own.length, meanOf(own)] : [0, null]
  }
  const { layers, members } = found.choices.today
  return {
    kind: 'table',
    title: 'Who is suspected, by class',
    definition: `Share of the images of a class that are suspected with ${layers} shuffled layers and ${members} shuffled teachers, mean over the draws. Test images by their true class, synthetic ones by the teacher’s.`,
    content: {
      columns: [
        { title: 'Class' },
        ...['Clean', 'Triggered', 'Synthetic'].flatMap((title) => [
          { title: `${title}: images` },
          { title: 'suspected', unit: '%' as const },
        ]),
      ],
      rows: classNames.map((name, label) => [
        name,
        ...[clean, triggered, synthetic].flatMap((range, index) => cell(range, sides[index], label)),
      ]),
    },
  }
}

const quarters = 4

/** Synthetic images by their correlation with the run's trigger. */
export function correlationPanel(found: Found, target: number): Panel[] {
  const { synthetic, correlation, answers } = found.looked
  if (!synthetic || !correlation || correlation.length < quarters) return []
  const { often, kl } = overDraws(todays(found), synthetic)
  const labels = within(answers, synthetic).map(({ label }) => label)
  const order = [...correlation.keys()].sort((left, right) => (correlation[left] ?? 0) - (correlation[right] ?? 0))
  const rowsOf = (name: string, rows: readonly number[]) => {
    const of = (values: readonly number[]): number[] => rows.map((row) => values[row] ?? 0)
    if (rows.length === 0) return [name, 0, null, null, null, null, null]
    const own = of(correlation)
    const toTarget = of(labels).filter((label) => label === target).length / rows.length
    return [name, rows.length, Math.min(...own), Math.max(...own), meanOf(of(often)), meanOf(of(kl)), toTarget]
  }
  const parts = Array.from({ length: quarters }, (_, part) =>
    order.slice(Math.floor((part * order.length) / quarters), Math.floor(((part + 1) * order.length) / quarters)),
  )
  const toTarget = order.filter((row) => labels[row] === target)
  const others = order.filter((row) => labels[row] !== target)
  const rho = rankCorrelation(kl, correlation)
  return [
    {
      kind: 'table',
      title: 'Synthetic images by their correlation with the trigger',
      definition: `Quarters of the ${order.length} synthetic images by Pearson’s correlation with the trigger’s pattern at its place, and those that the teacher takes for the target; mean KL and share that is suspected, means over the draws. A vaccine that keeps triggers out suspects the last quarter more. Spearman’s ρ of KL and correlation: ${rho.toFixed(3)}.`,
      content: {
        columns: [
          { title: 'Images' },
          { title: 'n' },
          { title: 'Correlation from' },
          { title: 'to' },
          { title: 'Suspected', unit: '%' },
          { title: 'Mean KL' },
          { title: 'Teacher says target', unit: '%' },
        ],
        rows: [
          ...parts.map((rows, part) => rowsOf(`${part + 1}. quarter`, rows)),
          rowsOf('teacher says target', toTarget),
          rowsOf('teacher says another class', others),
        ],
      },
    },
  ]
}

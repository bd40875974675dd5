/** What a triage shows: the ranking, success by norm, the perturbations, the shuffled copies' tail, the images. */
import type { CurvesArtifact, Panel, PanelsArtifact } from '../../../../../shared/domain'
import { divergenceBins, suspectSample, suspectTail } from '../../../maths/losses/suspectTest'
import { imagesOf, signedPicture } from '../pictures'
import { calibration } from './evidence'
import type { Triaged } from './measure'
import { goal, radii } from './universal'

export const rankingTitle = 'Suspected target classes'
const shownClasses = 12
/** Lines of one chart that can still be told from each other. */
const shownLines = 8

interface Named {
  readonly classNames: readonly string[]
}

const percentGoal = `${100 * goal} %`
const nameOf = ({ classNames }: Named, label: number): string => classNames[label] ?? String(label)
const normWords = (norm: number | null): string =>
  norm === null ? `over ${(radii.at(-1) ?? 0).toFixed(0)}` : norm.toFixed(2)

function rankingPanel({ ranking, words }: Triaged, names: Named): Panel {
  const scoreDefinition = `1 / (1 + exp(−(${calibration.intercept} + ${calibration.slope} · lead))): a logistic regression on 25 teachers of Signs, 15 of them poisoned (docs/seeing.md). On other data it orders classes and is no probability.`
  return {
    kind: 'table',
    title: rankingTitle,
    definition: `No real image was used. ${words}`,
    content: {
      columns: [
        { title: 'Class' },
        { title: 'Score', unit: '%', definition: scoreDefinition },
        {
          title: 'Lead',
          definition: 'Ease minus that of the easiest other class. An eighth is a norm that is smaller by √2.',
        },
        {
          title: 'Ease',
          unit: '%',
          definition: `Mean over ${radii.length} norms from ${(radii[0] ?? 0).toFixed(2)} to ${(radii.at(-1) ?? 0).toFixed(2)} of the share of images of other classes that a universal perturbation of that L2 norm (intensities 0…1) sends to the class.`,
        },
        {
          title: `Norm at ${percentGoal}`,
          definition: `L2 norm at which ${percentGoal} of the images are sent to it.`,
        },
        { title: 'Success', unit: '%', definition: 'At the largest norm that was tried.' },
        { title: 'Images', definition: 'Of other classes, that were searched with.' },
        {
          title: 'log₁₀ KL, shuffled',
          definition:
            'Mean over the images with the perturbation of log₁₀ KL(teacher ‖ mean of the shuffled copies); low: the answer does not depend on the order of the channels, as with a trigger. Not part of the score.',
        },
        {
          title: 'Batch norm',
          definition:
            'Distance of the batch statistics from the running ones (mean over the layers of ‖Δμ‖₂ + ‖Δσ²‖₂) with the perturbation, minus that without it; low: training has seen the like. Not part of the score.',
        },
        {
          title: 'Of noise',
          unit: '%',
          definition: 'Share of 200 images of uniform noise that are given the class. Not part of the score.',
        },
      ],
      rows: ranking.map(({ label, score, lead, ease, universal, shuffledKl, statistics, noiseShare }) => [
        nameOf(names, label),
        score,
        lead,
        ease,
        universal ? universal.norm : null,
        universal ? (universal.rates.at(-1) ?? null) : null,
        universal ? universal.images : 0,
        shuffledKl,
        statistics,
        noiseShare,
      ]),
    },
  }
}

function curvesPanel({ ranking, control }: Triaged, names: Named): Panel | null {
  const measured = ranking.flatMap(({ universal }) => (universal ? [universal] : []))
  const lines: CurvesArtifact['lines'] = measured.slice(0, shownLines).map(({ label, rates }) => ({
    label: nameOf(names, label),
    x: radii.slice(0, rates.length),
    y: [...rates],
  }))
  const [first] = measured
  if (!first) return null
  if (control)
    lines.push({
      label: `${nameOf(names, first.label)}, random direction`,
      x: [...radii],
      y: [...control],
      control: true,
    })
  return {
    kind: 'curves',
    title: 'Success of the universal perturbation by its norm',
    definition: `Share of the images of other classes that one perturbation sends to the class; a line ends where nearly all are. Control: a random direction of the same norm, for the first class. The first ${shownLines} classes.`,
    content: { xTitle: 'L2 norm (intensities 0…1)', unit: '%', lines },
  }
}

function picturesPanel({ ranking, images }: Triaged, names: Named): Panel {
  const pictures = ranking.flatMap(({ universal, label }) =>
    universal
      ? [
          {
            caption: `${nameOf(names, label)}, norm ${normWords(universal.norm)}`,
            pixels: signedPicture(universal.perturbation),
          },
        ]
      : [],
  )
  return {
    kind: 'images',
    title: 'Universal perturbations',
    definition: `By rank; grey is no change, each scaled to its own largest change. Below each the L2 norm at which ${percentGoal} are sent to the class.`,
    content: imagesOf(images, pictures.slice(0, shownClasses)),
  }
}

function tailPanels({ ranking, divergences }: Triaged, names: Named): Panel[] {
  if (!divergences) return []
  const [first, ...others] = ranking.filter((one) => one.divergences !== null)
  const middle = others[Math.floor(others.length / 2)]
  const tail = suspectTail([...divergences])
  const layers = [
    { label: 'Images as they are', values: divergences },
    ...(first
      ? [{ label: `With the perturbation of ${nameOf(names, first.label)}`, values: first.divergences ?? [] }]
      : []),
    ...(middle ? [{ label: `Control: ${nameOf(names, middle.label)}`, values: middle.divergences ?? [] }] : []),
  ].map(({ label, values }) => {
    const { counts, mean } = suspectSample([...values])
    return { label, images: values.length, mean, counts }
  })
  return [
    {
      kind: 'histogram',
      title: 'Divergence from the shuffled copies',
      definition: `log₁₀ KL(teacher ‖ mean of the shuffled copies) of each image. Tail: ${(100 * tail.ratio).toFixed(1)} % of the images as they are lie below mean − 3 deviations; triggered images would lie there. Control: the perturbation of a class in the middle of the ranking.`,
      content: {
        quantity: 'log₁₀ KL',
        bins: { ...divergenceBins },
        layers,
        limit: { value: tail.limit, label: 'mean − 3σ' },
      },
    },
  ]
}

function imagesPanel({ images, labels, words }: Triaged, names: Named): Panel {
  const size = images.height * images.width * images.channels
  const shown = Array.from({ length: Math.min(shownClasses, images.count) }, (_, row) => ({
    caption: nameOf(names, labels[row] ?? -1),
    pixels: images.pixels.subarray(row * size, (row + 1) * size),
  }))
  return {
    kind: 'images',
    title: 'Images that were used',
    definition: `${words} Below each the teacher’s class.`,
    content: imagesOf(images, shown),
  }
}

export function panelsOf(found: Triaged, names: Named): PanelsArtifact['panels'] {
  const curves = curvesPanel(found, names)
  return [
    rankingPanel(found, names),
    ...(curves ? [curves] : []),
    picturesPanel(found, names),
    ...tailPanels(found, names),
    imagesPanel(found, names),
  ]
}

/** What is shown of a defense's perturbation. */
import type { CurvesArtifact, Panel, PanelsArtifact, TableArtifact } from '../../../../../shared/domain'
import { imagesOf, signedPicture } from '../pictures'
import { normOf } from '../vectors'
import type { Sent } from './answers'
import { moveCount } from './perturbation'
import type { Seen, Station } from './seen'

export const stationsTitle = 'Where it sends clean images'
/** Pictures of rounds; of more, evenly so many. */
const shownRounds = 11
const grey = 128

const titleOf = ({ title, step }: Station): string => (step === null ? title : `${title}, step ${step}`)

function wordsOf({ search, images, source }: Seen): string {
  const phase = search.phase ? ` It acts from pseudo batch ${search.phase.start} to ${search.phase.total}.` : ''
  const from = source === 'kept' ? 'of the newest synthetic images that the student has kept' : 'clean test images'
  return `${search.defense} looks for a perturbation in every update and keeps none: this is one more, drawn by the same code and parameters on ${images.count} ${from}, against the ${search.against}.${phase}`
}

function picturesPanel(seen: Seen): Panel {
  const { stations, clean, trigger } = seen
  const station = stations.at(-1)
  const rounds = station?.rounds ?? []
  const count = Math.min(shownRounds, rounds.length)
  const shown = Array.from({ length: count }, (_, row) =>
    count === 1 ? rounds.length - 1 : Math.round((row * (rounds.length - 1)) / (count - 1)),
  )
  const pictures = shown.map((round) => {
    const values = rounds[round] ?? new Float32Array(0)
    return { caption: `Round ${round + 1}, norm ${normOf(values).toFixed(2)}`, pixels: signedPicture(values) }
  })
  const size = clean.height * clean.width * clean.channels
  const showsTrigger = trigger !== null && !trigger.trigger.known
  if (showsTrigger) {
    const plain = new Uint8Array(size).fill(grey)
    const change = Float32Array.from(trigger.trigger.exact(plain, 1, 'test'), (value) => value - grey)
    pictures.push({ caption: `${trigger.title}: what it changes in grey`, pixels: signedPicture(change) })
  }
  return {
    kind: 'images',
    title: `The perturbation, round by round`,
    definition: `${wordsOf(seen)} Grey is no change; each is scaled to its own largest change. Norm: L2, in intensities 0…1.${showsTrigger ? ' The last picture is the true trigger, which no defender knows.' : ''}`,
    content: imagesOf(clean, pictures),
  }
}

/** One line where all stations have the same perturbation. */
const distinct = (stations: readonly Station[]): Station[] =>
  stations.filter(({ rounds }, index) => stations.findIndex((one) => one.rounds === rounds) === index)

const roundsOf = ({ rounds }: Station): number[] => rounds.map((_, index) => index + 1)
const labelOf = (seen: Seen, station: Station): string =>
  seen.search.against === 'teacher' ? 'Against the teacher' : titleOf(station)

function normPanel(seen: Seen): Panel {
  return {
    kind: 'curves',
    title: 'Norm over the rounds',
    definition: 'L2 norm of the perturbation, in intensities 0…1, after each round of its search.',
    content: {
      xTitle: 'Round',
      unit: '',
      lines: distinct(seen.stations).map((station) => ({
        label: labelOf(seen, station),
        x: roundsOf(station),
        y: station.rounds.map(normOf),
      })),
    },
  }
}

function correlationPanel(seen: Seen): Panel[] {
  const { trigger, stations } = seen
  const lines = distinct(stations).flatMap((station): CurvesArtifact['lines'] => {
    const { correlations } = station
    if (!correlations) return []
    const x = roundsOf(station)
    const label = labelOf(seen, station)
    return [
      { label, x, y: correlations.map((one) => one.trigger) },
      { label: `${label}, pattern moved`, x, y: correlations.map((one) => one.moved), control: true },
    ]
  })
  const last = stations.at(-1)?.correlations?.at(-1)
  if (!trigger || lines.length === 0 || !last) return []
  return [
    {
      kind: 'curves',
      title: `Correlation with ${trigger.title}`,
      definition: `Pearson’s, of the perturbation with the trigger’s pattern over the pattern’s places. Control: mean of the absolute correlations with the pattern moved to ${moveCount} random places. At the end r = ${last.trigger.toFixed(3)}, p = ${last.p.toFixed(2)}: (1 + moved patterns that correlate at least as much) / ${moveCount + 1}.`,
      content: { xTitle: 'Round', unit: '', lines },
    },
  ]
}

const destinationOf = ({ destination }: Sent, classNames: readonly string[]): string =>
  destination
    ? `${classNames[destination.label] ?? destination.label} (${(100 * destination.share).toFixed(0)} %)`
    : 'none'

function stationsPanel({ stations, clean, target }: Seen, classNames: readonly string[]): Panel {
  const targetName = classNames[target] ?? String(target)
  return {
    kind: 'table',
    title: stationsTitle,
    definition: `Of ${clean.count} clean test images, with the perturbation added as a picture: clip(x + p, 0, 1). Control: the same pixels of the perturbation at random places.`,
    content: {
      columns: [
        { title: 'Model' },
        { title: 'Class changed', unit: '%', definition: 'Share of the images that are given another class with it.' },
        { title: 'Control: changed', unit: '%' },
        {
          title: `Plain: ${targetName}`,
          unit: '%',
          definition: 'Share of the images of other classes that are given the target without it.',
        },
        {
          title: `With it: ${targetName}`,
          unit: '%',
          definition: 'Share of the images of other classes that are given the target with it.',
        },
        { title: `Control: ${targetName}`, unit: '%' },
        {
          title: 'Most are sent to',
          definition: 'The class that most changed images are given, and its share of all.',
        },
        {
          title: 'KL',
          definition: 'Mean KL(answer ‖ answer with it) over the images, mean over the classes, in nats.',
        },
      ],
      rows: stations.map((station) => [
        titleOf(station),
        station.sent.all.changed,
        station.control.changed,
        station.sent.all.toTargetBefore,
        station.sent.all.toTarget,
        station.control.toTarget,
        destinationOf(station.sent.all, classNames),
        station.sent.divergence,
      ]),
    },
  }
}

/** The first station beside the last one. */
function classesPanel({ stations, target }: Seen, classNames: readonly string[]): Panel[] {
  const ends = [...new Set([stations[0], stations.at(-1)])].flatMap((station) => (station ? [station] : []))
  const targetName = classNames[target] ?? String(target)
  const columns: TableArtifact['columns'] = [
    { title: 'Class' },
    { title: 'Images' },
    ...ends.flatMap((station): TableArtifact['columns'] => [
      { title: `${titleOf(station)}: changed`, unit: '%' },
      { title: `To ${targetName}`, unit: '%' },
      { title: 'Mostly to' },
    ]),
  ]
  const rows = classNames.map((name, label) => [
    name,
    stations[0]?.sent.classes[label]?.images ?? 0,
    ...ends.flatMap(({ sent }) => {
      const own = sent.classes[label]
      return own ? [own.changed, own.toTarget, destinationOf(own, classNames)] : [null, null, '']
    }),
  ])
  if (ends.length === 0) return []
  return [
    {
      kind: 'table',
      title: 'Class by class',
      definition: `Of the clean test images of each true class: how many are given another class with the perturbation, how many the target, and where most of them go. ${ends.map(titleOf).join(', then ')}.`,
      content: { columns, rows },
    },
  ]
}

export function panelsOf(seen: Seen, classNames: readonly string[]): PanelsArtifact['panels'] {
  return [
    picturesPanel(seen),
    stationsPanel(seen, classNames),
    ...classesPanel(seen, classNames),
    normPanel(seen),
    ...correlationPanel(seen),
  ]
}

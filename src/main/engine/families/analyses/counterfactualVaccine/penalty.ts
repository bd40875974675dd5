/** What the penalty is worth on synthetic images, and where it would push them. */
import { meanOf, type Panel } from '../../../../../shared/domain'
import { sliceImages } from '../../../images/imageSets'
import type { ImageSet } from '../../../images/types'
import type { GeneratorProbe, VaccineProbe } from '../askedTypes'
import { cosineOf, normOf } from '../vectors'
import type { Looked, Observation } from './observe'
import type { Choices } from './parameters'

/** Synthetic images that are differentiated by; a gradient costs about three passes. */
const differentiated = 100

/** Of one set of shuffled teachers, at coefficient 1. */
export interface Push {
  readonly layers: number
  readonly seed: number
  readonly images: number
  readonly suspected: number
  /** −Σ m_i KL_i / Σ m_i; 0 where none is suspected. */
  readonly penalty: number
  /** Its gradient by the normalised pixels of all images, one after the other. */
  readonly gradient: Float32Array
}

export function imagesToPush({ images, synthetic }: Looked): ImageSet | null {
  if (!synthetic) return null
  return sliceImages(images, synthetic.first, Math.min(differentiated, synthetic.last - synthetic.first))
}

/** The images as one batch: each suspected one has a share of 1 / Σ m; the mask has no gradient. */
export function pushOf(
  { layers, seed, members, kl, suspected }: Observation,
  { images, synthetic }: { readonly images: ImageSet; readonly synthetic: NonNullable<Looked['synthetic']> },
  probe: VaccineProbe,
): Push {
  const rows = Array.from({ length: images.count }, (_, row) => row)
  const marked = rows.filter((row) => suspected[synthetic.first + row] === true)
  const gradient = probe.divergenceGradients(images, { layers, members, seed })
  const size = gradient.length / Math.max(1, images.count)
  const isMarked = new Set(marked)
  return {
    layers,
    seed,
    images: images.count,
    suspected: marked.length,
    penalty: marked.length > 0 ? -meanOf(marked.map((row) => kl[synthetic.first + row] ?? 0)) : 0,
    gradient: gradient.map((value, place) => (isMarked.has(Math.floor(place / size)) ? -value / marked.length : 0)),
  }
}

const definition = (images: number, members: number): string =>
  `Of the newest ${images} synthetic images as one batch, with ${members} shuffled teachers. Penalty: −c Σ m KL / Σ m over the suspected ones. Gradient: L2 norm of its derivative by the normalised pixels. Cosine: of that gradient with the one of today’s first draw; 1: the same direction, 0: another one, by chance about 0. Both grow in proportion to c.`

export function pushPanel(pushes: readonly Push[], { today, layerCounts }: Choices, coefficient: number): Panel[] {
  const own = pushes.find(({ layers, seed }) => layers === today.layers && seed === today.seed)
  if (!own) return []
  const rows = layerCounts.map((layers) => {
    const draws = pushes.filter((push) => push.layers === layers)
    const cosines = draws.flatMap((push) => (push === own ? [] : (cosineOf(push.gradient, own.gradient) ?? [])))
    return [
      layers,
      meanOf(draws.map(({ suspected, images }) => suspected / images)),
      coefficient * meanOf(draws.map(({ penalty }) => penalty)),
      coefficient * meanOf(draws.map(({ gradient }) => normOf(gradient))),
      cosines.length > 0 ? meanOf(cosines) : null,
      cosines.length > 0 ? Math.min(...cosines) : null,
      cosines.length > 0 ? Math.max(...cosines) : null,
    ]
  })
  return [
    {
      kind: 'table',
      title: `The penalty at c = ${coefficient}, and where it pushes images`,
      definition: definition(own.images, today.members),
      content: {
        columns: [
          { title: 'Layers' },
          { title: 'Suspected', unit: '%' },
          { title: 'Penalty' },
          { title: 'Gradient' },
          { title: 'Cosine with today’s', definition: 'Mean over the draws, today’s first one left out.' },
          { title: 'least' },
          { title: 'largest' },
        ],
        rows,
      },
    },
  ]
}

const coefficients = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
/** Batches of the generator that are looked at. */
const batches = 2

/** Of one batch and one draw: norms, and what the penalty does to the direction. */
export interface Share {
  readonly own: number
  readonly penalty: number
  readonly cosine: number
  readonly suspected: number
}

/** By today's choice of layers and members, each draw and batch. */
export function sharesOf(generator: GeneratorProbe, { today, seeds }: Choices): Share[] {
  return Array.from({ length: batches }, (_, batch) => generator.own(batch)).flatMap((own, batch) =>
    seeds.map((seed) => {
      const penalty = generator.penalty(batch, { ...today, seed })
      return {
        own: normOf(own.gradient),
        penalty: normOf(penalty.gradient),
        cosine: cosineOf(own.gradient, penalty.gradient) ?? 0,
        suspected: penalty.suspected,
      }
    }),
  )
}

/** c P / (G + c P) of the norms of the penalty's and the own gradient. */
export const shareAt = ({ own, penalty }: Share, c: number): number =>
  (c * penalty) / Math.max(1e-30, own + c * penalty)

/** Cosine of own + c · penalty with own: how far the generator is turned away from where it would go. */
export function turnAt({ own, penalty, cosine }: Share, c: number): number {
  const along = own + c * penalty * cosine
  const whole = Math.sqrt(own ** 2 + 2 * c * own * penalty * cosine + (c * penalty) ** 2)
  return along / Math.max(1e-30, whole)
}

export function sharePanel({ step }: GeneratorProbe, shares: readonly Share[], { today, seeds }: Choices): Panel {
  return {
    kind: 'table',
    title: `The penalty’s share of the generator’s gradient, after ${step} pseudo batches`,
    definition: `‖c·P‖ / (‖G‖ + ‖c·P‖), G the gradient of the method’s own loss by all parameters of the generator, P that of the penalty at c = 1, with ${today.layers} shuffled layers and ${today.members} shuffled teachers; means over ${batches} batches of the checkpoint’s generator and ${seeds.length} draws. Turn: cosine of G + c·P with G; 1: the penalty changes no direction. Before the optimizer, which rescales each parameter.`,
    content: {
      columns: [
        { title: 'Coefficient' },
        { title: 'Share', unit: '%' },
        { title: 'least', unit: '%' },
        { title: 'largest', unit: '%' },
        { title: 'Turn' },
        { title: 'Suspected', unit: '%' },
      ],
      rows: coefficients.map((c) => {
        const own = shares.map((share) => shareAt(share, c))
        return [
          c,
          meanOf(own),
          Math.min(...own),
          Math.max(...own),
          meanOf(shares.map((share) => turnAt(share, c))),
          meanOf(shares.map(({ suspected }) => suspected)),
        ]
      }),
    },
  }
}

/**
 * What an analysis leaves of a finished or growing model: an artifact, as JSON. Some forms have a view of their own; an
 * analysis with another form names its component.
 */
import { z } from 'zod'
import type { AnalysisSubject } from './askedAnalyses'
import { imageNumbersArtifact } from './imageNumbers'

/** Rows under titled columns. */
export const tableArtifact = z.object({
  columns: z
    .array(
      z.object({
        title: z.string(),
        /** Shown on hover: formula and meaning. */
        definition: z.string().optional(),
        /** Of its numbers; shares are fractions of 1. */
        unit: z.enum(['', '%']).optional(),
      }),
    )
    .min(1),
  /** One cell for each column. */
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
})
export type TableArtifact = z.infer<typeof tableArtifact>

/** Bins of one width; what lies outside counts in the outermost. */
export const binsSchema = z.object({ from: z.number(), to: z.number(), count: z.number().int().min(1) })
export type HistogramBins = z.infer<typeof binsSchema>

/** Histograms over the same bins, laid over each other as shares of their own images. */
export const histogramArtifact = z.object({
  /** What is counted, the title of the axis, e.g. "log₁₀ KL". */
  quantity: z.string(),
  bins: binsSchema,
  layers: z
    .array(
      z.object({
        label: z.string(),
        images: z.number().int().min(0),
        mean: z.number().nullable(),
        /** Images per bin. */
        counts: z.array(z.number().int().min(0)),
      }),
    )
    .min(1),
  /** A vertical line with its meaning. */
  limit: z.object({ value: z.number(), label: z.string() }).optional(),
})
export type HistogramArtifact = z.infer<typeof histogramArtifact>

/** Images with a line under each. */
export const imagesArtifact = z.object({
  count: z.number().int().min(0),
  height: z.number().int().min(1),
  width: z.number().int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Bytes, row-major [count][height][width][channels], as base64. */
  pixels: z.string(),
  captions: z.array(z.string()).optional(),
})
export type ImagesArtifact = z.infer<typeof imagesArtifact>

/** Curves over one axis. */
export const curvesArtifact = z.object({
  xTitle: z.string(),
  /** Of the values; shares are fractions of 1. */
  unit: z.enum(['', '%']),
  lines: z
    .array(
      z.object({
        label: z.string(),
        /** Ascending. */
        x: z.array(z.number()),
        /** As many; null where there is no value. */
        y: z.array(z.number().nullable()),
        /** What the others are compared with; drawn with dashes. */
        control: z.boolean().optional(),
        /** Stands beside the label; absent: the last value. */
        figure: z.string().optional(),
      }),
    )
    .min(1),
})
export type CurvesArtifact = z.infer<typeof curvesArtifact>

/** Answers of networks to one image as it turns into another one. */
export const sweepArtifact = z.object({
  /** Of what is turned, e.g. "Strength of the trigger, %". */
  xTitle: z.string(),
  /** Where answers were measured, ascending from the first image to the second. */
  x: z.array(z.number()).min(2),
  /** The two images; between them lies a + s (b − a). */
  ends: imagesArtifact.extend({ count: z.literal(2) }),
  classes: z.array(z.string()).min(1),
  /** Place of the class that the curves are of. */
  explained: z.number().int().min(0),
  networks: z
    .array(
      z.object({
        label: z.string(),
        /** Softmax probabilities, [x][class]. */
        probabilities: z.array(z.array(z.number())),
        /** What the others are compared with. */
        control: z.boolean().optional(),
      }),
    )
    .min(1),
})
export type SweepArtifact = z.infer<typeof sweepArtifact>

const panelHead = {
  title: z.string(),
  /** Shown on hover: what it is, with its formula. */
  definition: z.string(),
}
const panel = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('table'), ...panelHead, content: tableArtifact }),
  z.object({ kind: z.literal('histogram'), ...panelHead, content: histogramArtifact }),
  z.object({ kind: z.literal('images'), ...panelHead, content: imagesArtifact }),
  z.object({ kind: z.literal('curves'), ...panelHead, content: curvesArtifact }),
  z.object({ kind: z.literal('sweep'), ...panelHead, content: sweepArtifact }),
])
export type Panel = z.infer<typeof panel>

/** Several of the other forms below each other: an analysis with many answers needs no view of its own. */
export const panelsArtifact = z.object({ panels: z.array(panel) })
export type PanelsArtifact = z.infer<typeof panelsArtifact>

/** The forms that the interface knows how to show. */
export const artifactForms = {
  table: tableArtifact,
  histogram: histogramArtifact,
  images: imagesArtifact,
  imageNumbers: imageNumbersArtifact,
  curves: curvesArtifact,
  sweep: sweepArtifact,
  panels: panelsArtifact,
} as const
export type ArtifactForm = keyof typeof artifactForms

/** How an analysis is shown: in a form's view, or by the component of that name under src/renderer/analyses. */
export type AnalysisView = { kind: ArtifactForm } | { kind: 'component'; component: string }

/** What a single number of an analysis is called in tables, and means. */
export interface AnalysisNumber {
  readonly title: string
  /** Shown on hover: formula and meaning. */
  readonly definition: string
  /** A share is a fraction of 1. */
  readonly unit: '' | '%'
}

/** What the catalogue tells of an analysis beside its declaration. */
export interface AnalysisFacts {
  view: AnalysisView
  /** The numbers that tables show of one that was asked of a single model, by name. */
  numbers: Readonly<Record<string, AnalysisNumber>>
  /** Shown while nothing is measured; without it the view comes with the first artifact. */
  empty: { title: string; text: string } | null
  /** What it is asked of; absent where stages measure it by themselves. */
  asked?: AnalysisSubject
}

/** The newest artifact of an analysis of one stage. */
export interface StageArtifact {
  stageId: string
  analysis: string
  /** Steps of the stage when it was measured. */
  step: number
  /** Fits the schema of its analysis; null where it cannot be read. */
  artifact: unknown
  /** What it says in one line, for a terminal. */
  line: string | null
  /** Why it cannot be read. */
  fault: string | null
}

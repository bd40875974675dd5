/** What the page of classes shows, for spreadsheets; shares are fractions of 1. */
import { toCsv, type Rate } from '@shared/domain'
import type { ClassesArtifact, ClassRates } from './confusions'

type NameOf = (index: number) => string

export function ratesCsv(rates: readonly ClassRates[], nameOf: NameOf, target: number): string {
  const ends = (rate: Rate | null) => [rate?.value ?? null, rate?.interval.low ?? null, rate?.interval.high ?? null]
  return toCsv(
    [
      'class',
      'name',
      'target',
      'images',
      ...['accuracy', 'asr'].flatMap((name) => [name, `${name} low`, `${name} high`]),
    ],
    rates.map(({ index, images, accuracy, asr }) => [
      index,
      nameOf(index),
      index === target ? 1 : 0,
      images,
      ...ends(accuracy),
      ...ends(asr),
    ]),
  )
}

export const confusionsCsv = ({ confusion, triggered, images }: ClassesArtifact, nameOf: NameOf): string =>
  toCsv(
    ['true class', 'true name', 'predicted class', 'predicted name', 'images', 'without trigger', 'with trigger'],
    confusion.flatMap((row, truth) =>
      row.map((count, predicted) => [
        truth,
        nameOf(truth),
        predicted,
        nameOf(predicted),
        images[truth] ?? 0,
        count,
        triggered ? (triggered[truth]?.[predicted] ?? 0) : null,
      ]),
    ),
  )

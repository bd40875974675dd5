/** What the figures are to reach, as their time / our time. */
import { comparedFigures } from './figures.mjs'
import { plainVariant } from './variants.mjs'

/** On a processor; mixed against float32 on a processor with AMX only. */
const goalsOfProcessor = {
  float32: {
    float32: {
      pseudoBatch: 1.5,
      pseudoBatchVaccine: 1.8,
      generator: 1.6,
      student: 1.3,
      teacher: 1.3,
      evaluation: 1.15,
    },
    published: { pseudoBatch: 4, pseudoBatchVaccine: 4, synthesis: 1.3, ood: 1.3 },
  },
  mixed: {
    autocast: {
      pseudoBatch: 1.5,
      pseudoBatchVaccine: 1.5,
      generator: 1.3,
      student: 1.3,
      teacher: 1.3,
      evaluation: 1.2,
    },
    [plainVariant]: {
      pseudoBatch: 4,
      pseudoBatchVaccine: 4,
      generator: 4,
      student: 2.5,
      teacher: 2.5,
      evaluation: 3.5,
    },
  },
}
/** On a card: so much for the pseudo batch, and no other part slower than theirs. */
const ofCard = (pseudoBatch) => ({
  ...Object.fromEntries(comparedFigures.map(({ id }) => [id, 1])),
  pseudoBatch,
})
const goalsOfCard = {
  float32: { float32: ofCard(1.5) },
  tf32: { tf32: ofCard(1.3) },
  mixed: { autocast: ofCard(1.3) },
}

const needsAmx = (precision, comparison) => precision === 'mixed' && comparison === plainVariant

/** @param {{ kind: 'cpu' | 'gpu', precision: string, comparison: string, figure: string, instructions: string[] }} asked */
export function goalOf({ kind, precision, comparison, figure, instructions }) {
  if (kind === 'gpu') return goalsOfCard[precision]?.[comparison]?.[figure]
  if (needsAmx(precision, comparison) && !instructions.includes('amx_bf16')) return undefined
  return goalsOfProcessor[precision]?.[comparison]?.[figure]
}

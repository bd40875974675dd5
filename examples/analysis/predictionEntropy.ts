import { defineAnalysis } from '../../src/main/engine/families/analyses/types'
import { histogramArtifact, type HistogramArtifact } from '../../src/shared/domain'
import { integer } from '../../src/shared/schema'

/**
 * Prediction entropy: how sure a model is of clean test images, and of the same images with the trigger.
 *
 * H(x) = −Σ_c p_c ln p_c in nats, p = softmax of the logits; 0 … ln C. A backdoor makes triggered images certain.
 * An example of a new analysis with the view of histograms.
 */
export const predictionEntropy = defineAnalysis({
  id: 'prediction-entropy',
  title: 'Prediction entropy',
  summary: 'How sure the model is of clean and of triggered test images: a backdoor makes triggered ones certain.',
  reference: { citation: 'Example of this project' },
  params: {
    bins: integer({ label: 'Bins', default: 40, min: 2, max: 400, help: 'Of the histogram, from 0 to ln C nats.' }),
  },
  needs: ['model', 'testImages'],
  when: 'end',
  artifact: histogramArtifact,
  view: { kind: 'histogram' },
  measure({ bins: count }, { model, testImages: { clean, triggered } }): HistogramArtifact {
    const bins = { from: 0, to: Math.log(model.classes), count }
    const layerOf = (label: string, entropies: readonly number[]) => {
      const counts = new Array<number>(count).fill(0)
      for (const entropy of entropies) {
        const bin = Math.min(count - 1, Math.max(0, Math.floor((entropy / bins.to) * count)))
        counts[bin] = (counts[bin] ?? 0) + 1
      }
      const mean = entropies.reduce((sum, entropy) => sum + entropy, 0) / entropies.length
      return { label, images: entropies.length, mean: Number.isFinite(mean) ? mean : null, counts }
    }
    return {
      quantity: 'entropy of the prediction (nats)',
      bins,
      layers: [
        layerOf('Clean test images', entropiesOf(model.logits(clean), model.classes)),
        ...(triggered ? [layerOf('Triggered test images', entropiesOf(model.logits(triggered), model.classes))] : []),
      ],
    }
  },
})

/** Entropy in nats of each row of logits, [N][classes]. */
export function entropiesOf(logits: Float32Array, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes)
    const largest = Math.max(...own)
    const weights = Array.from(own, (logit) => Math.exp(logit - largest))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return weights.reduce((sum, weight) => (weight > 0 ? sum - (weight / total) * Math.log(weight / total) : sum), 0)
  })
}

/** Places of many vectors in a plane, so that those of like vectors lie near each other. */
import { createStream } from '../../maths/random'

export interface EmbeddingInput {
  /** Row-major [count][width]. */
  readonly values: Float32Array
  readonly count: number
  readonly width: number
  /** The same seed gives the same places. */
  readonly seed: number
  /** Among which a vector keeps its place; fewer than there are vectors. */
  readonly neighbours: number
  /** After some rounds: the share that is done. */
  readonly progress: (share: number) => Promise<void>
}

/** Per vector; [count] each. */
export interface Places {
  readonly x: Float32Array
  readonly y: Float32Array
}

/** Fewer have no neighbourhood to speak of. */
const fewest = 4
/** Rounds of the layout, whatever the number of vectors: umap-js's for more than 7,500. */
const epochs = 200
const epochsAtOnce = 5
/** What finding neighbours takes beside the rounds, about. */
const neighbourShare = 0.4
const drawsAtOnce = 4096

/** Numbers in [0, 1), one at a time. */
function drawsOf(seed: number): () => number {
  const stream = createStream(seed, 'embedding')
  let draws = stream.uniform(drawsAtOnce)
  let next = 0
  return () => {
    if (next === draws.length) {
      draws = stream.uniform(drawsAtOnce)
      next = 0
    }
    return draws[next++] ?? 0
  }
}

/**
 * UMAP into two dimensions, by Euclidean distance, minimal distance 0.1. null of fewer than four vectors, and where a
 * value is not finite.
 * Reference: McInnes et al. 2018, arXiv:1802.03426. Differs from it: umap-js begins at random places, not at spectral
 * ones, so that only what is near says something, not how far apart groups lie.
 */
export async function embeddingOf(input: EmbeddingInput): Promise<Places | null> {
  const { values, count, width, seed, neighbours, progress } = input
  if (count < fewest || !values.every(Number.isFinite)) return null
  const { UMAP } = await import('umap-js')
  const umap = new UMAP({
    nComponents: 2,
    nEpochs: epochs,
    nNeighbors: Math.min(neighbours, count - 1),
    minDist: 0.1,
    random: drawsOf(seed),
  })
  const rows = Array.from({ length: count }, (_, row) => [...values.subarray(row * width, (row + 1) * width)])
  await progress(0)
  umap.initializeFit(rows)
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (epoch % epochsAtOnce === 0) await progress(neighbourShare + (1 - neighbourShare) * (epoch / epochs))
    umap.step()
  }
  const places = umap.getEmbedding()
  return {
    x: Float32Array.from(places, ([x = 0]) => x),
    y: Float32Array.from(places, ([, y = 0]) => y),
  }
}

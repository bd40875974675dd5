/** Where initial weights come from; engine/random's RandomStream is one. */
export interface InitialStream {
  /** Standard normal. */
  normal(count: number): Float32Array
  /** Uniform in [0, 1). */
  uniform(count: number): Float32Array
}

/** N(0, deviation²). */
export const normalValues = (stream: InitialStream, count: number, deviation: number): Float32Array =>
  stream.normal(count).map((value) => value * deviation)

/** U(−bound, bound). */
export const uniformValues = (stream: InitialStream, count: number, bound: number): Float32Array =>
  stream.uniform(count).map((value) => (2 * value - 1) * bound)

/**
 * The exponent p of y ≈ c · xᵖ: the slope of a straight line through the logarithms, by least squares.
 * @param {readonly (readonly [number, number])[]} points above 0, of at least two different x
 */
export function fittedExponent(points) {
  const logarithms = points.map(([x, y]) => [Math.log(x), Math.log(y)])
  const mean = (place) => logarithms.reduce((sum, pair) => sum + pair[place], 0) / logarithms.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const along = logarithms.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const spread = logarithms.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return along / spread
}

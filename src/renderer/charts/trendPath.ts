/** An SVG path through rates of 0 … 1, left to right; null of fewer than two. */
export function trendPath(rates: readonly number[], width: number, height: number): string | null {
  if (rates.length < 2) return null
  const inset = 1
  const x = (index: number): string => (inset + (index / (rates.length - 1)) * (width - 2 * inset)).toFixed(1)
  const y = (rate: number): string => (inset + (1 - Math.min(1, Math.max(0, rate))) * (height - 2 * inset)).toFixed(1)
  return rates.map((rate, index) => `${index === 0 ? 'M' : 'L'}${x(index)} ${y(rate)}`).join(' ')
}

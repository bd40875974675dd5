/**
 * CSS `color-mix` needs Chrome 111; the oldest window we run in is Chrome 108, so mixes with transparency become rgba()
 * here.
 */

type Tokens = Record<string, unknown>

const mixPattern = /color-mix\(in srgb,\s*\{([\w.]+)\},\s*transparent\s+(\d+(?:\.\d+)?)%\)/g

function lookUp(tokens: Tokens, path: string): string | undefined {
  const found = path
    .split('.')
    .reduce<unknown>(
      (node, key) => (typeof node === 'object' && node !== null ? (node as Tokens)[key] : undefined),
      tokens,
    )
  return typeof found === 'string' ? found : undefined
}

function resolveColor(palettes: Tokens, path: string): string | undefined {
  const found = lookUp(palettes, path)
  const reference = found?.match(/^\{([\w.]+)\}$/)?.[1]
  return reference ? resolveColor(palettes, reference) : found
}

function toRgba(hex: string, opacity: number): string {
  const value = Number.parseInt(hex.slice(1), 16)
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${Number(opacity.toFixed(2))})`
}

/** Replaces every mix with transparency whose colour `palettes` knows; other values stay as they are. */
export function withoutColorMix<T>(tokens: T, palettes: Tokens): T {
  if (typeof tokens === 'string') {
    return tokens.replace(mixPattern, (whole, path: string, share: string) => {
      const color = resolveColor(palettes, path)
      return color?.startsWith('#') && color.length === 7 ? toRgba(color, 1 - Number(share) / 100) : whole
    }) as T
  }
  if (typeof tokens !== 'object' || tokens === null) return tokens
  return Object.fromEntries(Object.entries(tokens).map(([key, value]) => [key, withoutColorMix(value, palettes)])) as T
}

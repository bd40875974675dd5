/** Text is read on every ground that it stands on: WCAG 2.2 AA wants 4.5 : 1. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(resolve(import.meta.dirname, '../../../src/renderer/theme/base.css'), 'utf8')
type Colour = readonly [number, number, number, number]

function parsed(text: string): Colour {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)
  if (hex) return [parseInt(hex[1] ?? '', 16), parseInt(hex[2] ?? '', 16), parseInt(hex[3] ?? '', 16), 1]
  const parts = /^rgba\(([^)]+)\)$/.exec(text)?.[1]?.split(',').map(Number) ?? []
  if (parts.length !== 4) throw new Error(`No colour: ${text}`)
  return parts as unknown as Colour
}

function tokensOf(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
  return Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): ([^;]+);/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

const over = ([r, g, b, alpha]: Colour, [R, G, B]: Colour): Colour => [
  r * alpha + R * (1 - alpha),
  g * alpha + G * (1 - alpha),
  b * alpha + B * (1 - alpha),
  1,
]

function luminance([r, g, b]: Colour): number {
  const [red = 0, green = 0, blue = 0] = [r, g, b].map((value) => {
    const share = value / 255
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(first: Colour, second: Colour): number {
  const [dark = 0, light = 0] = [luminance(first), luminance(second)].sort((left, right) => left - right)
  return (light + 0.05) / (dark + 0.05)
}

const texts = ['text', 'text-soft', 'text-muted', 'accent', 'good', 'warn', 'bad']
const grounds = ['ground', 'panel', 'panel-quiet']
const veils: Readonly<Record<string, string>> = {
  accent: 'accent-soft',
  good: 'good-soft',
  warn: 'warn-soft',
  bad: 'bad-soft',
}

describe.each([':root', ':root.dark'])('colours of %s', (selector) => {
  const token = tokensOf(selector)
  const colour = (name: string): Colour => parsed(token[name] ?? '')

  it.each(texts)('%s is read on every ground, hovered or in its badge', (name) => {
    for (const ground of grounds) {
      const bare = colour(ground)
      const hovered = over(colour('hover'), bare)
      const veil = veils[name]
      const all = [
        bare,
        hovered,
        ...(veil === undefined ? [] : [over(colour(veil), bare), over(colour(veil), hovered)]),
      ]
      for (const behind of all)
        expect(contrast(colour(name), behind), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })
})

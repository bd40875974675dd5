import { expect, it } from 'vitest'
import { workbenchPreset } from '@renderer/theme/preset'
import { withoutColorMix } from '@renderer/theme/withoutColorMix'

it('turns a mix with transparency into rgba', () => {
  const palettes = { green: { 500: '#22c55e' }, primary: { 400: '{green.500}' } }
  expect(withoutColorMix({ a: 'color-mix(in srgb, {primary.400}, transparent 84%)', b: '4px' }, palettes)).toEqual({
    a: 'rgba(34, 197, 94, 0.16)',
    b: '4px',
  })
})

it('leaves no color-mix in the theme, which Chrome 108 would ignore', () => {
  expect(JSON.stringify(workbenchPreset).match(/color-mix\([^)]*\)/g)).toBeNull()
})

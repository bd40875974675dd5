import { expect, it } from 'vitest'
import { dashedApart } from '@renderer/charts/identity'
import type { ModelRecord } from '@shared/domain'
import { drawnModels, placesInCondition } from '@renderer/views/compare/useSelectedCurves'

/** Experiments with so many seeds each. */
const models = (experiments: number, seeds: number): ModelRecord[] =>
  Array.from({ length: experiments * seeds }, (_, index) => ({
    key: `model-${index}`,
    recipe: `recipe-${index % experiments}`,
  })) as ModelRecord[]

it('draws twelve models, where each seed is a line', () => {
  const { drawn, note } = drawnModels(models(4, 10), { averaged: false, selected: 40 })
  expect(drawn).toHaveLength(12)
  expect(note).toBe('The first 12 of 40 models are drawn.')
})

it('counts an experiment with all its seeds as one line, where means are drawn', () => {
  expect(drawnModels(models(4, 10), { averaged: true, selected: 40 })).toMatchObject({
    drawn: { length: 40 },
    note: '',
  })
  const { drawn, note } = drawnModels(models(15, 3), { averaged: true, selected: 45 })
  expect(drawn).toHaveLength(36)
  expect(note).toBe('The first 12 of 15 means over seeds are drawn.')
})

it('says of how many models the means are, where not all are known', () => {
  const { note } = drawnModels(models(2, 100), { averaged: true, selected: 500 })
  expect(note).toBe('Means are of the first 200 of 500 models.')
})

it('counts a model that belongs to no experiment by itself', () => {
  const lone = Array.from({ length: 13 }, (_, index) => ({ key: `model-${index}`, recipe: null })) as ModelRecord[]
  expect(drawnModels(lone, { averaged: true, selected: 13 }).drawn).toHaveLength(12)
})

it('gives experiments of one condition strokes of their own, and seeds of one experiment the same', () => {
  const drawn = [...models(3, 2), { key: 'other', recipe: 'other' }].map((model) => ({
    ...model,
    condition: { key: model.key === 'other' ? 'sv' : 'none', number: 0 },
  })) as ModelRecord[]
  const places = placesInCondition(drawn)
  expect(drawn.map(({ key }) => places.get(key))).toEqual([0, 1, 2, 0, 1, 2, 0])
  const look = { color: '#123456', marker: 'circle', dash: [] } as const
  const dashes = [0, 1, 2, 3].map((place) => dashedApart(look, place).dash.join())
  expect(new Set(dashes).size).toBe(4)
  expect(dashedApart(look, 0)).toEqual(look)
})

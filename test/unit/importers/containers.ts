/** The ways in which programs keep a network's weights, as docs/imports.md lists them. */
import type { StoredNetwork } from '../../../src/main/engine/families/importers/types'
import type { StoredMap, StoredTensor } from '../../../src/main/engine/weights/stored'

const tensor = (...shape: number[]): StoredTensor => ({ dtype: 'float32', shape, strides: shape.map(() => 1), at: 0 })
const named = (tensors: StoredMap, rename: (name: string) => string): StoredMap =>
  new Map([...tensors].map(([name, stored]) => [rename(name), stored]))
const with_ = (tensors: StoredMap, more: Readonly<Record<string, StoredTensor>>): StoredMap =>
  new Map([...tensors, ...Object.entries(more)])
const grids: StoredMap = new Map([['identity_grid', tensor(1, 32, 32, 2)]])

/** Of the layer that gives the logits: no network here has another linear one after it. */
function lastLinearOf(tensors: StoredMap): string {
  const linear = [...tensors].filter(([name, { shape }]) => name.endsWith('.weight') && shape.length === 2)
  return (linear.at(-1)?.[0] ?? '').replace(/\.weight$/, '')
}
const withHead = (tensors: StoredMap, head: (last: string) => string, body = ''): StoredMap => {
  const last = lastLinearOf(tensors)
  return named(tensors, (name) =>
    name.startsWith(`${last}.`) ? `${head(last)}${name.slice(last.length)}` : `${body}${name}`,
  )
}

/** What a file of each kind holds, by the words of the page. */
export const containers: Readonly<Record<string, (network: StoredMap) => StoredNetwork[]>> = {
  'a bare state_dict': (tensors) => [{ key: '', tensors }],
  'under any key (`state_dict`, `model`, `netC`, `ema`, `any.depth`), grids and counters beside it': (tensors) => [
    { key: '', tensors: grids },
    { key: 'netC', tensors },
  ],
  'in a list or tuple, by its place (`0`): `(state_dict, epoch)`': (tensors) => [{ key: '0', tensors }],
  'of DataParallel (`module.`)': (tensors) => [{ key: '', tensors: named(tensors, (name) => `module.${name}`) }],
  'of torch.compile (`_orig_mod.`)': (tensors) => [{ key: '', tensors: named(tensors, (name) => `_orig_mod.${name}`) }],
  'of Lightning (`state_dict` with `model.`)': (tensors) => [
    { key: 'state_dict', tensors: named(tensors, (name) => `model.${name}`) },
  ],
  'of AveragedModel (`module.` and `n_averaged`)': (tensors) => [
    {
      key: '',
      tensors: with_(
        named(tensors, (name) => `module.${name}`),
        { n_averaged: tensor() },
      ),
    },
  ],
  'with a body and a head of their own (`features.` and `classifier.fc`, `encoder.` and `head`)': (tensors) => [
    { key: '', tensors: withHead(tensors, () => 'classifier.fc', 'features.') },
  ],
  'with a last layer in a Sequential (`fc.1`, behind a dropout)': (tensors) => [
    { key: '', tensors: withHead(tensors, (last) => `${last}.1`) },
  ],
  'with a normalisation layer of its own (`normalize.mean`, `normalize.std`)': (tensors) => [
    { key: '', tensors: with_(tensors, { 'normalize.mean': tensor(3), 'normalize.std': tensor(3) }) },
  ],
  'with another network beside it (optimizer, generator)': (tensors) => [
    { key: 'model', tensors },
    { key: 'optimizer.state.0', tensors: new Map([['momentum_buffer', tensor(4)]]) },
    { key: 'netG', tensors: new Map([['deconv.weight', tensor(8, 8, 4, 4)]]) },
  ],
}

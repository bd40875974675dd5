/** What fixtures/parity/make_architectures.py and make_networks.py have recorded of PyTorch's networks. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sensitivityOf } from './tolerances'

/** The length of a gradient or of a block's output, and its entries at hashed positions. */
export interface Sampled {
  readonly norm: number
  readonly samples: readonly number[]
}
/** How far a quantity of a case moves in the experiment behind the bounds: see tolerances.ts. */
type Moved = (quantity: Quantity) => number
export type Quantity = 'eval' | 'train' | 'gradients' | 'buffers' | 'samples' | 'blocks'

interface CaseOf<Gradients, Blocks> {
  readonly architecture: string
  readonly params: Readonly<Record<string, string | number | boolean>>
  readonly shape: readonly [number, number, number, number]
  readonly classes: number
  readonly eval: readonly number[]
  readonly train: readonly number[]
  readonly gradients: Readonly<Record<string, Gradients>>
  readonly buffers: Readonly<Record<string, number>>
  readonly evalBlocks: readonly Blocks[]
  readonly trainBlocks: readonly Blocks[]
}
export interface Case extends CaseOf<Sampled, Sampled> {
  readonly moved: Moved
}
interface LongCase extends CaseOf<number, Sampled> {
  readonly gradientSamples: Readonly<Record<string, number[]>>
}
/** Norm and entries in one list. */
interface ShortCase extends CaseOf<number[], number[]> {
  readonly moves: Readonly<Record<Quantity, number>>
}

const folder = join(import.meta.dirname, '../fixtures/parity')
const read = <T>(name: string): Record<string, T> =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, T>
const mapped = <From, To>(entries: Readonly<Record<string, From>>, to: (entry: From, name: string) => To) =>
  Object.fromEntries(Object.entries(entries).map(([name, entry]): [string, To] => [name, to(entry, name)]))
const unpacked = ([norm = NaN, ...samples]: readonly number[]): Sampled => ({ norm, samples })

/** Of the authors' programs and torchvision: architectures.json. */
export const architectureCases = (): Record<string, Case> =>
  mapped(read<LongCase>('architectures.json'), ({ gradients, gradientSamples, ...rest }, name) => ({
    ...rest,
    gradients: mapped(gradients, (norm, parameter) => ({ norm, samples: gradientSamples[parameter] ?? [] })),
    moved: (quantity) => sensitivityOf('architectures', name, quantity),
  }))

/** Of the layouts of public training programs: networks_*.json. */
export const networkCases = (): Record<string, Case> =>
  Object.assign(
    {},
    ...readdirSync(folder)
      .filter((name) => /^networks_.*\.json$/.test(name))
      .map((name) =>
        mapped(read<ShortCase>(name), ({ gradients, evalBlocks, trainBlocks, moves, ...rest }) => ({
          ...rest,
          gradients: mapped(gradients, unpacked),
          evalBlocks: evalBlocks.map(unpacked),
          trainBlocks: trainBlocks.map(unpacked),
          moved: (quantity: Quantity) => moves[quantity],
        })),
      ),
  ) as Record<string, Case>

/**
 * What half of the networks move. A kink that a case's own runs did not meet may be met on another processor, so that
 * no bound of a gradient is below it.
 */
export function usualMove(cases: Readonly<Record<string, Case>>, quantity: Quantity): number {
  const moves = Object.values(cases).map(({ moved }) => moved(quantity))
  return moves.sort((a, b) => a - b)[Math.floor(moves.length / 2)] ?? NaN
}

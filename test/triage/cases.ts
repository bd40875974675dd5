/** The teachers that the triage is tried on: clean ones, and several attacks with a target class of their own each. */
import type { MemberChoice } from '../../src/shared/domain'

export interface TriageCase {
  readonly id: string
  /** Nothing is poisoned by it where the ratio is 0. */
  readonly attack: MemberChoice
  readonly ratio: number
  readonly target: number
  readonly seed: number
}

const ratio = 0.1
/** Of the clean teachers; other than those of the poisoned ones, which would begin with the same weights. */
const firstCleanSeed = 10

const poisoned: readonly Pick<TriageCase, 'attack' | 'target'>[] = [
  { attack: { id: 'blend', params: { pattern: 'binaryNoise', ratio: 0.2 } }, target: 0 },
  { attack: { id: 'badnet_grid', params: {} }, target: 3 },
  { attack: { id: 'trojan_wm', params: {} }, target: 5 },
  { attack: { id: 'l2_inv', params: {} }, target: 8 },
  { attack: { id: 'smooth', params: {} }, target: 7 },
]

const clean = (seed: number): TriageCase => ({
  id: `clean-${seed}`,
  attack: { id: 'blend', params: { pattern: 'binaryNoise', ratio: 0.2 } },
  ratio: 0,
  target: 0,
  seed,
})

/** In turn, so that a trial that is cut short has some of each. */
export function casesOf({ seeds, clean: count }: { readonly seeds: number; readonly clean: number }): TriageCase[] {
  const perTurn = Math.ceil(count / Math.max(1, seeds))
  return Array.from({ length: Math.max(1, seeds) }, (_, turn) => turn).flatMap((turn) => [
    ...(turn < seeds ? poisoned.map((one) => ({ ...one, ratio, seed: turn, id: `${one.attack.id}-${turn}` })) : []),
    ...Array.from({ length: Math.max(0, Math.min(perTurn, count - turn * perTurn)) }, (_, place) =>
      clean(firstCleanSeed + turn * perTurn + place),
    ),
  ])
}

/** How parameters of other programs become ours: data, in resources/sweeps.json, which explains the rules. */
import declared from '../../../../../../resources/sweeps.json'

export type SweepRule =
  | { readonly rule: 'path'; readonly path: string }
  | { readonly rule: 'member'; readonly path: string; readonly keepsParameters?: boolean }
  | { readonly rule: 'data' }
  | { readonly rule: 'network'; readonly path: string }
  | { readonly rule: 'evenly'; readonly path: string }
  | { readonly rule: 'parts'; readonly parts: string }
  | { readonly rule: 'switch'; readonly defense: string }
  | {
      readonly rule: 'defense'
      readonly defense: string
      readonly parameter: string
      /** The value that leaves the defense out. */
      readonly off?: number
      /** A file's name with the number of the step after which it was written, from 0. */
      readonly checkpoint?: string
      readonly values?: Readonly<Record<string, string>>
      /** Why another value than these is not taken. */
      readonly otherwise?: string
    }
  | { readonly rule: 'ignored'; readonly why: string }

export interface SweepProgram {
  readonly program: string
  readonly title: string
  /** By the program's name of the data set. */
  readonly bases: Readonly<Record<string, { readonly preset: string; readonly data: string }>>
  /** The program's own defaults, where the base has others. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** How long a run is in the program's steps, and how many of our pseudo batches each is. */
  readonly length: { readonly parameter: string; readonly default: number; readonly perStep: number }
  /** Named settings of defenses by data set. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What is not the same, by data set. */
  readonly notes?: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, SweepRule>>
}

interface Rules {
  readonly strategies: Readonly<Record<string, string>>
  /** Why parameters that several programs have say nothing. */
  readonly ignored: Readonly<Record<string, string>>
  readonly programs: readonly SweepProgram[]
  readonly networks: readonly { readonly pattern: string; readonly id: string; readonly params: readonly string[] }[]
  readonly parts: Readonly<
    Record<
      string,
      {
        readonly pattern: string
        readonly paths: readonly string[]
        readonly words: Readonly<Record<string, string>>
        readonly why: string
      }
    >
  >
}

export const rules = declared as unknown as Rules

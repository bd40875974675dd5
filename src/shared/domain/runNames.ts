/** Names of runs that are made of other runs. */

const longest = 200

/** What is added stays, whatever the name's length. */
const withEnding = (name: string, ending: string): string => `${name.slice(0, longest - ending.length)}${ending}`

export const copiedName = (name: string): string => withEnding(name, ' (copy)')

/** What an ablation takes away from an experiment. */
export type TakenAway = 'defense' | 'poison'

const twinEndings: Readonly<Record<TakenAway, string>> = {
  defense: ', no defense',
  poison: ', clean teacher',
}

export const twinName = (name: string, taken: TakenAway): string => withEnding(name, twinEndings[taken])

/** The fork of a run's student after so many steps. */
export const forkName = (name: string, step: number): string => withEnding(name, ` (fork at ${step})`)

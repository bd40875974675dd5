/** Names of runs that are made of other runs. */

const longest = 200

/** What is added stays, whatever the name's length. */
const withEnding = (name: string, ending: string): string => `${name.slice(0, longest - ending.length)}${ending}`

export const copiedName = (name: string): string => withEnding(name, ' (copy)')

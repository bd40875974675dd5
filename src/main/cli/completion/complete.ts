/**
 * Completion for bash, zsh and fish: the scripts and their protocol are those of @bomb.sh/tab, the words those of the
 * commands and of the catalogue. Its own search of words is not used: it knows no values with an equals sign and no
 * file names.
 */
import { script } from '@bomb.sh/tab'
import type { Argument, Command, Option } from 'commander'
import type { Catalogue } from '../../../shared/contract'
import {
  configOfWords,
  flagsOfMembers,
  valuesOfOption,
  type MemberFlag,
  type Suggestion,
  type TypedLine,
} from './words'

/** Prints what a shell reads once, to ask `abd complete -- WORDS` at every key press. */
export const printScript = (shell: string): void => script(shell, 'abd', 'abd')

/** Tells the shell to complete file names itself. */
const fileNames = ':0'
const noFileNames = ':4'

const takesFile = ({ flags, description }: Option): boolean =>
  /<(file|folder|path)>/.test(flags) || /\b(folder|file) (of|to)\b/.test(description)

/** The command that the words name, and how many of them do. */
function commandOf(program: Command, words: readonly string[]): { command: Command; depth: number } {
  let command = program
  let depth = 0
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (!next) break
    command = next
    depth++
  }
  return { command, depth }
}

/** The option whose value the last word is. */
function openOption(command: Command, words: readonly string[]): Option | undefined {
  const name = openFlag(words)
  const option = command.options.find(({ long }) => long === name)
  return option && (option.required || option.optional) ? option : undefined
}

/** The place among the arguments at which the last word stands. */
function openArgument(command: Command, words: readonly string[]): Argument | undefined {
  const before = words.slice(0, -1)
  const given = before.filter(
    (word, index) => !word.startsWith('-') && !openOption(command, before.slice(0, index + 1)),
  )
  const places = command.registeredArguments
  const last = places.at(-1)
  return places[given.length] ?? (last?.variadic ? last : undefined)
}

/**
 * What may come next in a line of these words: in each line a word, a tab and what it means; the last line tells the
 * shell whether file names may come too.
 * @param words without the program's name; the last is the one being typed, empty at the beginning of a word
 * @param catalogue null: commands and flags alone
 */
export function complete(program: Command, words: readonly string[], catalogue: Catalogue | null): string {
  const { command, depth } = commandOf(program, words.slice(0, -1))
  const rest = words.slice(depth)
  const word = rest.at(-1) ?? ''
  const option = openOption(command, rest)
  const typed = { config: configOfWords(words), word: word.replace(/^--[^=]+=/, '') }
  const memberOption = memberFlags(command, typed.config, catalogue).find(({ flag }) => openFlag(rest) === `--${flag}`)
  const argument = option || memberOption || word.startsWith('-') ? undefined : openArgument(command, rest)
  const suggestions: readonly Suggestion[] = option
    ? valuesOf(option, typed, catalogue)
    : memberOption
      ? memberOption.values
      : word.startsWith('-')
        ? flagsOf(command, typed.config, catalogue)
        : [...subcommands(command), ...wordsOf(argument)]
  const fitting = suggestions.filter(([value]) => value.startsWith(option || memberOption ? typed.word : word))
  const files = (option && takesFile(option)) || (argument && /file|folder/.test(argument.name()))
  return [
    ...fitting.map(([value, meaning]) => `${value}\t${meaning}`),
    fitting.length === 0 && files ? fileNames : noFileNames,
  ].join('\n')
}

/** The flag whose value the last word is, as far as its form goes. */
function openFlag(words: readonly string[]): string {
  return /^(--[^=]+)=/.exec(words.at(-1) ?? '')?.[1] ?? words.at(-2) ?? ''
}

const valuesOf = (option: Option, typed: TypedLine, catalogue: Catalogue | null): readonly Suggestion[] =>
  option.argChoices?.map((value): Suggestion => [value, '']) ??
  (catalogue ? valuesOfOption(option.attributeName(), typed, catalogue) : [])

/** Only `abd run` takes the flags of chosen members. */
const memberFlags = (command: Command, config: TypedLine['config'], catalogue: Catalogue | null): MemberFlag[] =>
  catalogue && command.name() === 'run' ? flagsOfMembers(config, catalogue) : []

const flagsOf = (command: Command, config: TypedLine['config'], catalogue: Catalogue | null): Suggestion[] => [
  ...command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, description }): Suggestion => [long ?? '', description]),
  ...memberFlags(command, config, catalogue).map(({ flag, label }): Suggestion => [`--${flag}`, label]),
]

const subcommands = (command: Command): Suggestion[] =>
  command.commands.map((next) => [next.name(), next.description()])

const wordsOf = (argument: Argument | undefined): Suggestion[] => {
  if (argument?.argChoices) return argument.argChoices.map((value) => [value, ''])
  return argument && /^(run|study)/.test(argument.name()) ? [['latest', 'the newest']] : []
}

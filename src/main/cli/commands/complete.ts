import { Argument, type Command } from 'commander'

/** Shells that completion is there for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Prints a shell's script; the script asks with `abd complete -- WORDS`, which starts no engine. */
export const completeCommand = {
  name: 'complete',
  description: 'print the script that lets a shell complete commands, flags, members and parameters',
  examples: [
    ['source <(abd complete bash)', 'in this shell, or in ~/.bashrc for all'],
    ['abd complete zsh > ~/.abd-completion.zsh', 'then: source ~/.abd-completion.zsh in ~/.zshrc'],
    ['abd complete fish > ~/.config/fish/completions/abd.fish', 'for fish'],
  ] as const,
  declare: (command: Command): Command => command.addArgument(new Argument('<shell>', 'the shell').choices(shells)),
}

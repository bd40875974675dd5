/** The part of defenses in the step that makes images: who takes part, with which arguments. */
import type { StepFunction, StepProgram, StepRunner } from '../../graph/types'
import type { NamedTensors } from '../../maths/ops/tensors'
import type { ActiveDefense } from './types'

/** The defenses whose loss term takes part in the next step. */
export const activeDefenses = (defenses: readonly ActiveDefense[]): readonly ActiveDefense[] =>
  defenses.filter((defense) => defense.synthesizerTermActive?.() ?? defense.synthesizerTerm !== undefined)

/** Their arguments, each defense's under `<id>.`; the caller disposes them. */
export const argumentsOfDefenses = (active: readonly ActiveDefense[]): NamedTensors =>
  Object.fromEntries(
    active.flatMap((defense) =>
      Object.entries(defense.synthesizerArguments?.() ?? {}).map(([name, tensor]) => [`${defense.id}.${name}`, tensor]),
    ),
  )

/** The arguments whose names begin with `prefix`, without it. */
export const argumentsOf = (args: NamedTensors, prefix: string): NamedTensors =>
  Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  )

/** One captured step for each set of defenses that comes up, compiled when it is asked for first. */
export function createDefendedStep(
  program: StepProgram,
  name: string,
  step: (active: readonly ActiveDefense[]) => StepFunction,
): (active: readonly ActiveDefense[]) => StepRunner {
  const runners = new Map<string, StepRunner>()
  return (active) => {
    const key = [name, ...active.map((defense) => defense.id)].join('+')
    const known = runners.get(key)
    if (known) return known
    const made = program.compile(key, step(active))
    runners.set(key, made)
    return made
  }
}

/** What commands about a weights file share: which file, on which data, and how far the work is. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Catalogue, ModelProgress } from '../../shared/contract'
import type { FamilyId } from '../../shared/schema'
import type { CommandContext } from './commands/command'
import { absolutePaths, dataOf } from './configuration'
import { membersOf } from './members'
import { collect, deviceOption } from './options'
import { duration, percent } from './output'
import { namedValues } from './values'

export interface FileFlags {
  model: string
  data: string
  device?: 'auto' | 'cpu' | 'gpu'
  dataParam?: string[]
  architecture?: string
  architectureParam?: string[]
  weights?: string
}

export const withFileOptions = (command: Command): Command =>
  command
    .requiredOption('--model <file>', 'weights with PyTorch names')
    .option('--weights <key>', 'which weights, where the file holds several networks (default: the only known one)')
    .requiredOption('--data <path>', 'a data set’s name, folder or archive')
    .option('--data-param <name=value>', 'parameter of the data set, repeatable', collect)
    .option('--architecture <id>', 'network, where the file does not tell it')
    .option('--architecture-param <name=value>', 'parameter of that network, repeatable', collect)
    .addOption(deviceOption())

/** A member with the parameters that are known of it and those given as `name=value`; paths as seen from here. */
export const choiceFrom =
  (catalogue: Catalogue) =>
  (
    family: FamilyId,
    { id, params }: { id: string; params?: Record<string, unknown> },
    given: readonly string[] = [],
  ): { id: string; params: Record<string, unknown> } => {
    const schema = membersOf(catalogue, family).find((member) => member.id === id)?.params
    return {
      id,
      params: absolutePaths(schema, { ...params, ...namedValues(given, '--attack-param patchSize=5', schema) }),
    }
  }

/** The file and the data set as calls of the engine name them; the engine works in another folder. */
export async function fileAndData({ recognize }: CommandContext, catalogue: Catalogue, flags: FileFlags) {
  const { architecture, device, weights } = flags
  const chosen = choiceFrom(catalogue)
  return {
    file: resolve(flags.model),
    device,
    weights,
    data: chosen('dataset', await dataOf(flags.data, catalogue, recognize), flags.dataParam),
    ...(architecture === undefined
      ? {}
      : { architecture: chosen('architecture', { id: architecture }, flags.architectureParam) }),
  }
}

/** Says how far the engine is with the file until `work` is done. */
export async function whileItWorks<T>(
  { client, output }: CommandContext,
  { file, doing }: { readonly file: string; readonly doing: string },
  work: () => Promise<T>,
): Promise<T> {
  const unsubscribe = client.subscribe('model.progress', {}, (progress) => {
    if (progress.file === file) output.progress(progressText(progress, doing))
  })
  try {
    return await work()
  } finally {
    unsubscribe()
    output.endProgress()
  }
}

/** E.g. "evaluating, 40 %, accuracy 78.9 %, ASR 99.8 %, 12 s left". */
const progressText = ({ message, fraction, secondsLeft, evaluation }: ModelProgress, doing: string): string =>
  `${message ?? doing}, ${Math.floor(100 * fraction)} %${evaluation ? `, accuracy ${percent(evaluation.accuracy)}, ASR ${percent(evaluation.asr)}` : ''}${secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`}`

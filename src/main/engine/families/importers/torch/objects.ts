/** What is said of objects in a checkpoint's pickle: of those beside the weights, and of those in place of them. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { ForeignUse } from '../pickle/program'
import type { PickleOpaque } from '../pickle/values'
import type { Finding } from '../types'

/** Where an object lies, and of what class it is. */
export interface PlacedObject {
  /** Keys that lead to it, joined by dots; '' where it is the whole file. */
  readonly path: string
  readonly object: PickleOpaque
}

/** Their functions make plain data: dates, arrays, states of random numbers. */
const knownPackages = /^(numpy|torch|datetime|pathlib|collections|typing|enum)\./
const mostNames = 8

/** One remark on classes that were skipped, and one on functions that another reader would call. */
export function foreignFindings(foreign: ReadonlyMap<string, ForeignUse>): Finding[] {
  const used = (wanted: (how: ForeignUse, name: string) => boolean): string[] =>
    [...foreign].filter(([name, how]) => wanted(how, name)).map(([name]) => name)
  const called = used((how, name) => how === 'called' && !knownPackages.test(name))
  const skipped = used((how, name) => how === 'made' || knownPackages.test(name))
  return [
    ...(skipped.length > 0
      ? [{ severity: 'info' as const, message: `Skipped as data, nothing was built of it: ${listed(skipped)}.` }]
      : []),
    ...(called.length > 0
      ? [
          {
            severity: 'warning' as const,
            message: `PyTorch would call ${listed(called)} to load this file whole; here it was skipped as data, and nothing was called.`,
          },
        ]
      : []),
  ]
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(quoteFromFile).join(', ')
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown
}

const isNetwork = ({ className, isModule = false }: PickleOpaque): boolean =>
  isModule || className.startsWith('torch.nn.')

/** Places of a list and whole numbers as keys are written bare. */
const indexOf = (key: string): string => (/^\d+$/.test(key) ? key : quoteFromFile(key))

/** How to save what an object holds, in the environment that it was made in. */
export const adviceFor = ({ path, object }: PlacedObject): string => {
  const { className } = object
  const place = path === '' ? 'model' : `checkpoint[${path.split('.').map(indexOf).join('][')}]`
  return isNetwork(object)
    ? `In the environment it was made in, run torch.save(${place}.state_dict(), path).`
    : `In the environment it was made in, save the state_dict that ${className.split('.').at(-1) ?? 'the object'} holds: torch.save(${place}.….state_dict(), path).`
}

/** The file, or a part of it, is an object whose class would have to be built. */
export function refuseObject({ path, object }: PlacedObject): RefusedInputError {
  const { className } = object
  const subject = path === '' ? 'The file is' : `Under ${quoteFromFile(path)} the file has`
  return new RefusedInputError(
    isNetwork(object)
      ? `${subject} a whole model object, not its weights.`
      : `${subject} an object that holds the weights.`,
    {
      wanted: 'a dictionary from names to tensors, as model.state_dict() gives it',
      got: `an object of ${quoteFromFile(className)}; its class would have to run`,
      where: 'pickle',
      action: adviceFor({ path, object }),
    },
  )
}

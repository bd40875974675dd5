/** What a sweep file says of its parameters: lists, ranges, and what stands fixed in its command. */
import type { AxisRange } from '../../../../../shared/domain'

export interface SweepParameter {
  readonly name: string
  /** "parameters.seed", "command --dataset". */
  readonly place: string
  readonly values?: readonly unknown[]
  readonly range?: AxisRange
  /** Why it is neither. */
  readonly fault?: string
}

export interface SweepFile {
  readonly name?: string
  readonly program?: string
  readonly method?: string
  readonly runCap?: number
  readonly parameters: readonly SweepParameter[]
  /** Keys of the file that say nothing about cells. */
  readonly others: readonly string[]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a file is a sweep: parameters, and a method or a program. */
export const isSweep = (content: unknown): content is Record<string, unknown> =>
  isRecord(content) &&
  isRecord(content.parameters) &&
  !('axes' in content) &&
  ('method' in content || 'program' in content)

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.trim() : undefined)

/** Numbers and truth values as the command line's text has them. */
export function valueOfText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const trimmed = value.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed)
  if (/^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  return trimmed
}

const logarithmic = new Set(['log_uniform_values', 'q_log_uniform_values'])
const integer = new Set(['int_uniform', 'q_uniform'])
const even = new Set(['uniform', 'int_uniform', 'q_uniform', ...logarithmic])

function rangeOf({ min, max, distribution }: Record<string, unknown>): Pick<SweepParameter, 'range' | 'fault'> {
  const [low, high] = [valueOfText(min), valueOfText(max)]
  if (typeof low !== 'number' || typeof high !== 'number')
    return { fault: 'has neither values nor a smallest and a largest one' }
  const name = text(distribution) ?? (Number.isInteger(low) && Number.isInteger(high) ? 'int_uniform' : 'uniform')
  if (!even.has(name))
    return { fault: `has the distribution ${name}; ranges are even, or even in the logarithm of the value` }
  return {
    range: {
      low,
      high,
      ...(logarithmic.has(name) ? { logarithmic: true } : {}),
      ...(integer.has(name) ? { integer: true } : {}),
    },
  }
}

function parameterOf(name: string, given: unknown): SweepParameter {
  const place = `parameters.${name}`
  if (!isRecord(given)) return { name, place, fault: 'is no set of values' }
  if ('parameters' in given) return { name, place, fault: 'holds further parameters; nested ones are not read' }
  if (Array.isArray(given.values)) return { name, place, values: given.values.map(valueOfText) }
  if ('value' in given) return { name, place, values: [valueOfText(given.value)] }
  return { name, place, ...rangeOf(given) }
}

/** `--name=value`, `--name value` and `--switch` of the command. */
function argumentsOf(command: unknown): SweepParameter[] {
  const words = (Array.isArray(command) ? command : []).flatMap((entry: unknown) => text(entry)?.split(/\s+/) ?? [])
  return words.flatMap((word, index): SweepParameter[] => {
    const match = /^--?([\w-]+)(?:=(.*))?$/.exec(word)
    if (!match) return []
    const [, name = '', attached] = match
    const next = words[index + 1]
    const value = attached ?? (next !== undefined && !/^(--|\$\{)/.test(next) ? next : 'true')
    return [{ name, place: `command --${name}`, values: [valueOfText(value)] }]
  })
}

const understood = new Set(['name', 'program', 'method', 'parameters', 'command', 'run_cap', 'description'])

export function sweepOf(content: Record<string, unknown>): SweepFile {
  const program = text(content.program)
  return {
    name: text(content.name),
    program: program?.slice(program.lastIndexOf('/') + 1),
    method: text(content.method),
    ...(typeof content.run_cap === 'number' ? { runCap: content.run_cap } : {}),
    parameters: [
      ...argumentsOf(content.command),
      ...Object.entries(isRecord(content.parameters) ? content.parameters : {}).map(([name, given]) =>
        parameterOf(name, given),
      ),
    ],
    others: Object.keys(content).filter((key) => !understood.has(key)),
  }
}

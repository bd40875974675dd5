/** What can be opened by dropping it on the window, told by names alone. */
import { configValue } from '@shared/domain'

export type DroppedKind = 'weights' | 'picture' | 'text' | 'dataset' | 'run' | 'unknown'

const textExtensions = ['json', 'yaml', 'yml']
const pictureExtensions = ['png', 'jpg', 'jpeg', 'bmp', 'gif', 'webp', 'ppm', 'pgm']
/** Data sets as they are downloaded or laid out; which one it is the engine tells by their contents' names. */
const datasetExtensions = ['tar', 'gz', 'tgz', 'zip', 'bin', 'mat', 'npz', 'parquet', 'csv', 'ubyte', 'idx']

/** A run's file, see docs/exports.md. */
const runEnding = '.abdrun'

const extensionOf = (name: string): string => (/\.([^./\\]+)$/.exec(name)?.[1] ?? '').toLowerCase()

/**
 * @param weights extensions of weights files, with or without their dot
 */
export function kindOf(
  { name, isFolder }: { readonly name: string; readonly isFolder: boolean },
  weights: readonly string[],
): DroppedKind {
  const extension = extensionOf(name)
  if (isFolder) return 'dataset'
  if (weights.some((entry) => entry.replace(/^\./, '') === extension)) return 'weights'
  if (name.toLowerCase().endsWith(runEnding)) return 'run'
  if (pictureExtensions.includes(extension)) return 'picture'
  if (textExtensions.includes(extension)) return 'text'
  return datasetExtensions.includes(extension) ? 'dataset' : 'unknown'
}

export const whatCanBeDropped =
  'A weights file (.pth, .pt, .safetensors, .onnx) as the teacher, a data set’s folder or archive, a picture as trigger or for a one-image method, a configuration (JSON), a run.json, a run’s file (.abdrun) or a study (YAML, JSON).'

/** What a drag that is still above the window seems to be, by the types that a browser tells of it. */
export function expectationOf(types: readonly string[]): string {
  if (types.length > 1) return 'Drop one file or folder at a time.'
  const [type = ''] = types
  if (type.startsWith('image/')) return 'A picture becomes the trigger, or the image of a one-image method: you choose.'
  if (/json|yaml/.test(type)) return 'A configuration fills the form, a study or a run opens.'
  return whatCanBeDropped
}

export type TextContent =
  | { readonly kind: 'run'; readonly id: string; readonly config: object | null }
  | { readonly kind: 'config'; readonly config: object }
  | { readonly kind: 'study' }

const experimentParts = ['data', 'attack', 'poisoning', 'teacher', 'distillation', 'students', 'recording', 'execution']
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a JSON or YAML file is about; whatever is neither a run nor a configuration is read as a study. */
export function contentOf(text: string): TextContent {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'study' }
  }
  if (!isObject(value) || 'axes' in value) return { kind: 'study' }
  const [id, config] = [configValue(value, 'id'), configValue(value, 'config')]
  if (typeof id === 'string' && 'stages' in value) return { kind: 'run', id, config: isObject(config) ? config : null }
  if (isObject(config) && experimentParts.some((part) => part in config)) return { kind: 'config', config }
  return experimentParts.some((part) => part in value) ? { kind: 'config', config: value } : { kind: 'study' }
}

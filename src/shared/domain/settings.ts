/** What a researcher sets once for a workspace; the defaults of new runs among it. */
import { boolean, choice, defaultsOf, integer, text, type ParameterSchema, type ValuesOf } from '../schema'

export const settingsSchema = {
  threads: integer({
    label: 'Threads',
    unit: 'threads',
    default: 0,
    min: 0,
    max: 256,
    help: 'CPU threads of TensorFlow for new runs; 0 takes all cores.',
  }),
  slots: integer({
    label: 'Stages at once',
    unit: 'stages',
    default: 1,
    min: 1,
    max: 64,
    help: 'How many stages train at the same time on this machine; they share the threads. More than one pays off where a stage leaves cores or a GPU idle.',
  }),
  keptSteps: integer({
    label: 'Kept steps',
    unit: 'steps',
    default: 200,
    min: 1,
    max: 5000,
    help: 'Steps of synthetic images that stay on disk per student; thinned evenly beyond.',
  }),
  imagesPerStep: integer({
    label: 'Images per step',
    unit: 'images',
    default: 64,
    min: 1,
    max: 256,
    help: 'How many images of a pseudo batch are kept.',
  }),
  theme: choice({
    label: 'Theme',
    default: 'system',
    help: 'System follows the desktop’s light or dark mode.',
    options: [
      { value: 'system', label: 'System' },
      { value: 'light', label: 'Light' },
      { value: 'dark', label: 'Dark' },
    ],
  }),
  notifications: boolean({
    label: 'Tell me when a run is done',
    default: true,
    help: 'A message beside the window, while it is not looked at.',
  }),
  pageFolders: text({
    label: 'Folders for pages in a browser',
    default: '',
    maxLength: 20_000,
    multiline: true,
    ownerOnly: true,
    help: 'Absolute paths, one a line. A page that “abd serve” gave its address reads and writes files below them, below the workspace, and nowhere else.',
  }),
} satisfies ParameterSchema

export type Settings = ValuesOf<typeof settingsSchema>

export const defaultSettings: Readonly<Settings> = defaultsOf(settingsSchema)

/** Of the setting's lines, those that hold a path. */
export const foldersOf = (pageFolders: string): string[] =>
  pageFolders
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** The setting with a folder more, or less; each stands there once. */
export const withFolder = (pageFolders: string, folder: string): string =>
  [...new Set([...foldersOf(pageFolders), folder])].join('\n')
export const withoutFolder = (pageFolders: string, folder: string): string =>
  foldersOf(pageFolders)
    .filter((one) => one !== folder)
    .join('\n')

/** A folder that pages may use is named from the root on, and is not the root itself. */
export const isAllowable = (folder: string): boolean => /^\/+[^/]/.test(folder) && !folder.split('/').includes('..')

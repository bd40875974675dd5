/** What a page may ask for: paths below allowed folders, and no setting that opens more or runs a program. */
import type { Caller, EngineCallName } from '../../../../shared/contract'
import { foldersOf, settingsSchema } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { FamilyDescription, Issue, ParameterSchema } from '../../../../shared/schema'
import type { RunStore } from '../store'
import { refusalOfPath, type AllowedFolders } from './folders'
import { configPaths, pathParameters, pathsNamedBy, type NamedPath } from './namedPaths'

export interface CallerChecks {
  /** Those below which this caller may have files read; null for its owner, who is asked nothing. */
  foldersFor(caller: Caller): string[] | null
  /** @throws RefusedInputError that says which path is not allowed, and which setting allows it */
  assertPaths(caller: Caller, name: EngineCallName, args: unknown): Promise<void>
  /** The same of a configuration that came from elsewhere than the caller, e.g. from a file. */
  assertConfig(caller: Caller, config: unknown): Promise<void>
  /** The same as issues of a form. */
  issuesOf(caller: Caller, config: unknown): Promise<Issue[]>
  /** @throws RefusedInputError where a page changes what is its owner's to set */
  assertSettings(caller: Caller, schema: ParameterSchema, values: SettingsChange): void
}

export interface SettingsChange {
  readonly now: Readonly<Record<string, unknown>>
  readonly change: Readonly<Record<string, unknown>>
}

export interface CallerChecksOptions {
  readonly store: Pick<RunStore, 'folder' | 'settings' | 'runs'>
  readonly cacheFolder: string
  readonly families: readonly FamilyDescription[]
}

interface Refused extends NamedPath {
  readonly why: string
}

const howToAllow = `On the engine’s machine: abd files --allow FOLDER, or in the window Settings → Workspace → ${settingsSchema.pageFolders.label}.`

export function createCallerChecks({ store, cacheFolder, families }: CallerChecksOptions): CallerChecks {
  const names = pathParameters(families)
  const folders = (): AllowedFolders => ({
    workspace: store.folder,
    cacheFolder,
    others: foldersOf(store.settings().pageFolders),
  })
  const refusedOf = async (paths: readonly NamedPath[]): Promise<Refused[]> => {
    const refused: Refused[] = []
    for (const named of paths) {
      const why = await refusalOfPath(named.path, named.use, folders())
      if (why !== null && !(named.use === 'read' && isReadByARun(named.path, store, names)))
        refused.push({ ...named, why })
    }
    return refused
  }
  const assertAll = async (paths: readonly NamedPath[]): Promise<void> => {
    const [first] = await refusedOf(paths)
    if (first) throw refusal(first, folders())
  }
  return {
    foldersFor: (caller) => (caller === 'owner' ? null : readable(folders())),
    async assertPaths(caller, name, args) {
      if (caller === 'page') await assertAll(pathsNamedBy(name, args, names))
    },
    async assertConfig(caller, config) {
      if (caller === 'page') await assertAll(configPaths(config, names))
    },
    async issuesOf(caller, config) {
      if (caller === 'owner') return []
      const refused = await refusedOf(configPaths(config, names))
      return refused.map(({ where, path, why }) => ({
        path: where,
        severity: 'error' as const,
        message: `wanted a path below a folder that pages may use, got ${path}, which ${why}. ${howToAllow}`,
      }))
    },
    assertSettings(caller, schema, { now, change }) {
      if (caller === 'owner') return
      for (const [name, value] of Object.entries(change))
        if (schema[name]?.ownerOnly && value !== now[name]) throw settingRefusal(schema[name].label)
    },
  }
}

const readable = ({ workspace, cacheFolder, others }: AllowedFolders): string[] => [workspace, cacheFolder, ...others]

const refusal = ({ path, use, where, why }: Refused, folders: AllowedFolders): RefusedInputError => {
  const list = use === 'read' ? readable(folders) : [folders.workspace, ...folders.others]
  return new RefusedInputError(`A page in a browser may not ${use} there: this path ${why}.`, {
    wanted: `a path below ${list.join(', ')}`,
    got: path,
    where,
    action: howToAllow,
  })
}

const settingRefusal = (label: string): RefusedInputError =>
  new RefusedInputError(`“${label}” is set by the engine’s owner, not by a page in a browser.`, {
    wanted: 'the window, or the command line on the engine’s machine',
    got: 'a page in a browser',
    action: 'abd help files and abd help executors say how.',
  })

/** Runs are begun with paths that were allowed then: what they were made of stays readable, it alone. */
function isReadByARun(path: string, { runs }: Pick<RunStore, 'runs'>, names: ReadonlySet<string>): boolean {
  return runs.mentioning(path).some((id) => {
    try {
      return configPaths(runs.config(id), names).some((named) => named.path === path)
    } catch {
      // A damaged record tells nothing.
      return false
    }
  })
}

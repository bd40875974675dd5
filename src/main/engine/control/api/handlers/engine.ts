/** Answers the calls about the engine itself. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { CallHandlers, Caller, CallsOf, Catalogue, DiskUse, EngineInfo } from '../../../../../shared/contract'
import { metricDefinitions, settingsSchema } from '../../../../../shared/domain'
import { sections } from '../../experiments/sections'
import type { RunService } from '../../runs/service'
import { databaseName, folderBytes } from '../../store'
import type { EngineContext } from '../context'
import { diagnosticsText } from '../diagnostics'

export function engineHandlers(
  context: EngineContext,
  runs: { readonly scheduler: Pick<RunService['scheduler'], 'pump'> },
): CallHandlers<CallsOf<'engine'>> {
  const { store, log, cacheFolder } = context.options
  const startedAt = Date.now()
  const info = (caller: Caller): EngineInfo => engineInfo(context, startedAt, caller)
  return {
    'engine.info': (_args, _signal, caller = 'owner') => info(caller),
    'engine.openForWriting': async (how) => {
      await context.options.openForWriting?.(how)
      return {}
    },
    'engine.catalogue': () => catalogue(context),
    'engine.settings': () => store.settings(),
    'engine.setSettings': (change, _signal, caller = 'owner') => {
      context.checks.assertSettings(caller, settingsSchema, { now: store.settings(), change })
      const settings = store.setSettings(change)
      // There may be more places now.
      runs.scheduler.pump()
      return settings
    },
    'engine.diskUse': () => diskUse(store.folder, cacheFolder),
    'engine.diagnostics': async () => ({
      text: diagnosticsText({
        info: info('owner'),
        settings: store.settings(),
        disk: await diskUse(store.folder, cacheFolder),
        runs: store.runs.list(true),
        log: log.last(60),
      }),
    }),
    'engine.device': (asked, signal) => context.device.find({ ...asked, signal }),
    'engine.log': ({ lines = 500 }) => log.last(lines),
  }
}

function engineInfo({ options, access, device, checks }: EngineContext, startedAt: number, caller: Caller): EngineInfo {
  const { ready, message } = options.runtimeState()
  return {
    product: 'ABD Workbench',
    version: options.version,
    workspace: options.store.folder,
    readOnly: access.readOnlyReason !== null,
    readOnlyReason: access.readOnlyReason,
    startedAt,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    device: device.known(),
    runtimeReady: ready,
    runtimeMessage: message,
    folders: checks.foldersFor(caller),
  }
}

const catalogue = ({ options, resolve }: EngineContext): Catalogue => ({
  families: [...options.families],
  sections,
  metrics: { ...metricDefinitions, ...options.memberMetrics },
  presets: [...options.presets],
  defaults: resolve({}).config,
})

async function diskUse(folder: string, cacheFolder: string): Promise<DiskUse> {
  const [workspaceBytes, imagesBytes, checkpointsBytes, databaseBytes, cacheBytes, space] = await Promise.all([
    folderBytes(folder),
    folderBytes(folder, (name) => name.endsWith('.png')),
    folderBytes(folder, (name) => name.endsWith('.safetensors')),
    folderBytes(folder, (name) => name.startsWith(databaseName)),
    folderBytes(cacheFolder),
    statfs(folder),
  ])
  return {
    workspaceBytes,
    imagesBytes,
    checkpointsBytes,
    databaseBytes,
    cacheBytes,
    freeBytes: space.bavail * space.bsize,
  }
}

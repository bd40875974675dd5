/** The control process: contract, store, queue, previews. It never loads TensorFlow; trainers, its children, do. */
import { join, resolve } from 'node:path'
import { version } from '../../../../package.json'
import { currentNames } from '../../../shared/schema'
import { cacheDirectory } from '../../setup/paths.mjs'
import { installRuntime, runtimeOverview, unpackBundle } from '../../setup/installation'
import { createRuntimeService } from '../../setup/runtimeService'
import { runControlProcess } from '../../host/controlProcess'
import { createDataReader } from '../control/api/dataReader'
import { createDataService } from '../control/api/dataService'
import { createSplitDataService } from '../control/api/splitDataService'
import { createEngine } from '../control/api/engine'
import { cachedCosts } from '../control/experiments/cachedCosts'
import { costs } from '../control/experiments/costs'
import { attacks, datasets, distillationMethods, families, memberMetrics } from '../control/experiments/families'
import { createModelInspector } from '../control/api/inspectModel'
import { createEngineLog, type EngineLog } from '../control/log'
import { memberTable } from '../control/experiments/memberTable'
import { presets } from '../control/experiments/presets'
import { executorMembers } from '../control/executors'
import { createLocalExecutor } from '../control/executors/local'
import { forkingLauncher } from '../control/executors/shortJobProcess'
import { readRuntimeDescription } from '../runtime/runtimeFile'
import { openStore } from '../control/store'
import { studyPresets } from '../control/studies/presets'
import { startEngineServer } from '../../server/httpServer'

let log: EngineLog | null = null

function runtimeState(): { ready: boolean; message: string | null } {
  try {
    readRuntimeDescription()
    return { ready: true, message: null }
  } catch (error) {
    return { ready: false, message: error instanceof Error ? error.message : String(error) }
  }
}

/** What a run gets here that leaves the device to the machine. */
function runtimeDevice(): 'cpu' | 'gpu' {
  try {
    return readRuntimeDescription().variant
  } catch {
    return 'cpu'
  }
}

void runControlProcess({
  version,
  openDoor: startEngineServer,
  staticFolder: join(__dirname, '..', 'renderer'),
  onFault: (name, error) => {
    if (log) log.error(`A fault in ${name}.`, error)
    else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  },
  async createEngine({ workspace, cacheFolder, readOnlyReason, replaces, startNotice, openForWriting }) {
    const readOnly = readOnlyReason !== null
    log = createEngineLog(readOnly ? null : join(workspace, 'logs'))
    log.info(`ABD Workbench ${version}, Node ${process.version}`)
    const store = openStore(workspace, { readOnly, metricNames: currentNames(memberMetrics) })
    const local = createLocalExecutor({
      script: join(__dirname, 'trainer.js'),
      slots: () => store.settings().slots,
      device: runtimeDevice,
    })
    return createEngine({
      version,
      cacheFolder,
      readOnly,
      readOnlyReason,
      openForWriting,
      startNotice,
      replaces,
      families,
      memberMetrics,
      presets,
      studyPresets: studyPresets(memberTable(families)),
      costs: cachedCosts(costs),
      log,
      runtimeState,
      runtime: createRuntimeService({
        root: resolve(__dirname, '..', '..'),
        cache: cacheDirectory(),
        work: { install: installRuntime, unpack: unpackBundle, overview: runtimeOverview },
        isReady: () => runtimeState().ready,
        onFault: (error) => log?.error('TensorFlow could not be set up.', error),
      }),
      inspectModel: createModelInspector({ script: join(__dirname, 'inspector.js') }),
      store,
      data: createSplitDataService({
        here: createDataService({ datasets, attacks, methods: distillationMethods }, cacheFolder),
        reader: createDataReader({ script: join(__dirname, 'dataReader.js'), cacheFolder }),
        datasets,
        table: memberTable(families),
      }),
      executors: new Map([[local.id, local]]),
      otherExecutors: {
        members: executorMembers,
        trainer: { node: process.execPath, script: join(__dirname, 'trainer.js') },
      },
      launchShortJob: forkingLauncher({ script: join(__dirname, 'trainer.js') }),
    })
  },
})

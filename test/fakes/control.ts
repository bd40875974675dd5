/**
 * A control process like the real one, but with the fake families and the fake trainer: for tests of processes, served
 * mode and command line. ABD_FAKE_IN_PROCESS=1: tasks are worked on by control itself, for tests that need thousands.
 */
import { join } from 'node:path'
import { createEngine } from '../../src/main/engine/control/api/engine'
import { createEngineLog } from '../../src/main/engine/control/log'
import { executorMembers } from '../../src/main/engine/control/executors'
import { createLocalExecutor } from '../../src/main/engine/control/executors/local'
import { forkingLauncher } from '../../src/main/engine/control/executors/shortJobProcess'
import { openStore } from '../../src/main/engine/control/store'
import { startEngineServer } from '../../src/main/server/httpServer'
import { runControlProcess } from '../../src/main/host/controlProcess'
import type { HoldOptions } from '../../src/main/host/workspaceHold'
import { fakeCatalogue, fakeFamilies, fakeMetrics } from './catalogue'
import { createOwnProcessExecutor } from './ownProcessExecutor'
import { createFakeData, fakeCosts, inspectFakeModel } from './services'

void runControlProcess({
  openDoor: startEngineServer,
  version: '0.1.0-fake',
  holdTimes: process.env.ABD_FAKE_HOLD ? (JSON.parse(process.env.ABD_FAKE_HOLD) as HoldOptions['times']) : undefined,
  staticFolder: process.env.ABD_FAKE_STATIC ?? join(__dirname, '..', 'renderer'),
  onFault: (name, error) =>
    process.stderr.write(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
  async createEngine({ workspace, cacheFolder, readOnlyReason, replaces, startNotice, openForWriting }) {
    const readOnly = readOnlyReason !== null
    const store = openStore(workspace, { readOnly })
    const slots = (): number => store.settings().slots
    const local =
      process.env.ABD_FAKE_IN_PROCESS === '1'
        ? createOwnProcessExecutor({ slots })
        : createLocalExecutor({ script: process.env.ABD_FAKE_TRAINER ?? '', slots })
    return createEngine({
      version: '0.1.0-fake',
      cacheFolder,
      readOnly,
      readOnlyReason,
      openForWriting,
      startNotice,
      replaces,
      families: fakeFamilies,
      memberMetrics: fakeMetrics,
      presets: fakeCatalogue.presets,
      costs: fakeCosts,
      data: createFakeData(),
      store,
      log: createEngineLog(readOnly ? null : join(workspace, 'logs')),
      inspectModel: inspectFakeModel,
      executors: new Map([[local.id, local]]),
      otherExecutors: {
        members: executorMembers,
        trainer: { node: process.execPath, script: process.env.ABD_FAKE_TRAINER ?? '' },
      },
      launchShortJob: forkingLauncher({ script: process.env.ABD_FAKE_TRAINER ?? '' }),
      runtimeState: () => ({ ready: true, message: null }),
    })
  },
})

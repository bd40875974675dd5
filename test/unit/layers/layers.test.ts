import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const eslint = new ESLint()
const refused = async (file: string, code: string): Promise<string[]> => {
  const [result] = await eslint.lintText(code, { filePath: file })
  return (result?.messages ?? [])
    .filter((message) => message.ruleId?.endsWith('no-restricted-imports'))
    .map((message) => message.message)
}

describe('lint', () => {
  it.each([
    ['src/shared/domain/x.ts', "import { openStore } from '../../main/engine/control/store'"],
    ['src/shared/domain/x.ts', "import { readFileSync } from 'node:fs'"],
    ['src/renderer/stores/x.ts', "import { openStore } from '../../main/engine/control/store'"],
    ['src/renderer/stores/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/families/attacks/x.ts', "import { createEngineStarter } from '../../../host'"],
    ['src/main/engine/families/attacks/x.ts', "import { openStore } from '../../control/store'"],
    ['src/main/engine/families/defenses/x.ts', "import { createStateBundle } from '../../trainer/state'"],
    ['src/main/engine/families/defenses/x.ts', "import type { TrainerReport } from '../../protocol/messages'"],
    ['src/main/engine/trainer/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/trainer/x.ts', "import { openStore } from '../control/store'"],
    ['src/main/engine/control/runs/x.ts', "import { startTensorFlow } from '../../runtime'"],
    ['src/main/engine/control/runs/x.ts', "import { runTrainingLoop } from '../../trainer/loop'"],
    ['src/main/engine/control/runs/x.ts', "import { crossEntropy } from '../../maths/losses/crossEntropy'"],
    ['src/main/engine/control/runs/x.ts', "import '@tensorflow/tfjs-node-gpu'"],
    ['src/main/engine/control/store/x.ts', "import { startEngineServer } from '../../../server/httpServer'"],
    ['src/main/engine/protocol/x.ts', "import { runTrainingLoop } from '../trainer/loop'"],
    ['src/main/engine/maths/losses/x.ts', "import { createAdam } from '../../families/optimizers/adam'"],
    ['src/main/engine/maths/losses/x.ts', "import type { StepProgram } from '../../graph/types'"],
    ['src/main/engine/images/x.ts', "import { datasets } from '../families/datasets'"],
    ['src/main/engine/weights/x.ts', "import { importCheckpoint } from '../families/importers'"],
    ['src/main/engine/graph/x.ts', "import { wrn } from '../families/architectures/wrn'"],
    ['src/main/engine/trainer/x.ts', "import '../entries/trainer'"],
    ['src/main/machine/x.mjs', "import { cacheDirectory } from '../setup/paths.mjs'"],
    ['src/main/setup/x.ts', "import { readRuntimeDescription } from '../engine/runtime/runtimeFile'"],
    ['src/main/setup/x.mjs', "import { projectRoot } from '../../../tools/setup/paths.mjs'"],
    ['src/main/transports/x.ts', "import { createEngineStarter } from '../host/engineStarter'"],
    ['src/main/host/x.ts', "import { openStore } from '../engine/control/store'"],
    ['src/main/host/x.ts', "import { startEngineServer } from '../server/httpServer'"],
    ['src/main/cli/x.ts', "import { openStore } from '../engine/control/store/index'"],
    ['src/main/electron/x.ts', "import { openStore } from '../engine/control/store'"],
  ])(
    'refuses in %s: %s',
    async (file, code) => {
      expect(await refused(file, code)).toHaveLength(1)
    },
    30_000,
  )

  it.each([
    ['src/main/electron/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/entries/control.ts', "import { runControlProcess } from '../../host/controlProcess'"],
    ['src/main/engine/graph/x.ts', "import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'"],
    ['src/main/cli/x.ts', "import { datasets } from '../engine/families/datasets'"],
    ['src/renderer/stores/x.ts', "import type { EngineApi } from '@shared/contract'"],
  ])(
    'lets %s have %s',
    async (file, code) => {
      expect(await refused(file, code)).toEqual([])
    },
    30_000,
  )
})

import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const eslint = new ESLint()
const refused = async (file: string, code: string): Promise<string[]> => {
  const [result] = await eslint.lintText(code, { filePath: file })
  return (result?.messages ?? []).filter((message) => message.ruleId?.endsWith('no-restricted-imports')).map((message) => message.message)
}

describe('lint', () => {
  it.each([
    ['src/shared/domain/x.ts', "import { openStore } from '../../main/engine/store'"],
    ['src/shared/domain/x.ts', "import { readFileSync } from 'node:fs'"],
    ['src/renderer/stores/x.ts', "import { openStore } from '../../main/engine/store'"],
    ['src/renderer/stores/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/attacks/x.ts', "import { createEngineStarter } from '../../host'"],
    ['src/main/engine/training/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/control/x.ts', "import { startTensorFlow } from '../runtime'"],
    ['src/main/engine/control/x.ts', "import '@tensorflow/tfjs-node-gpu'"],
    ['src/main/engine/store/x.ts', "import { startEngineServer } from '../../server/httpServer'"],
    ['src/main/transports/x.ts', "import { createEngineStarter } from '../host/engineStarter'"],
    ['src/main/host/x.ts', "import { openStore } from '../engine/store'"],
    ['src/main/cli/x.ts', "import { openStore } from '../engine/store/index'"],
    ['src/main/electron/x.ts', "import { openStore } from '../engine/store'"],
  ])('refuses in %s: %s', async (file, code) => {
    expect(await refused(file, code)).toHaveLength(1)
  }, 30_000)

  it.each([
    ['src/main/electron/x.ts', "import { app } from 'electron'"],
    ['src/main/engine/entries/control.ts', "import { runControlProcess } from '../host/controlProcess'"],
    ['src/main/engine/graph/x.ts', "import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'"],
    ['src/main/cli/x.ts', "import { datasets } from '../engine/datasets'"],
    ['src/renderer/stores/x.ts', "import type { EngineApi } from '@shared/contract'"],
  ])('lets %s have %s', async (file, code) => {
    expect(await refused(file, code)).toEqual([])
  }, 30_000)
})

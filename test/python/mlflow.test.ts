/**
 * A real MLflow server on loopback, and its own client, against what is sent. `npm run test:python`, with PYTHON=…;
 * such a server needs minutes to start on a busy machine.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placeInRun } from '../../src/main/engine/control/store'
import { finishedRun } from '../fixtures/finishedRun'
import { exported } from '../unit/exports/support'
import { temporaryFolder } from '../unit/importers/craft/files'
import { askScript, hasModule, python } from './python'

interface SeenRun {
  readonly name: string
  readonly status: string
  readonly params: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, readonly (readonly [step: number, time: number, value: number])[]>>
  readonly files: readonly string[]
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

describe.skipIf(!hasModule('mlflow'))('MLflow', () => {
  const base = temporaryFolder()
  let server: ChildProcess
  let address = ''

  beforeAll(async () => {
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    const places = [
      '--backend-store-uri',
      `sqlite:///${join(base, 'mlflow.db')}`,
      '--artifacts-destination',
      join(base, 'files'),
    ]
    const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...places]
    server = spawn(python, args, { stdio: 'ignore', detached: true })
    while (
      !(await fetch(`${address}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (server.exitCode !== null) throw new Error(`mlflow server ended with ${server.exitCode}`)
      await wait(1000)
    }
  })
  // With its workers.
  afterAll(() => void (server?.pid && process.kill(-server.pid, 'SIGTERM')))

  it('has settings, curves and files of every model', async () => {
    const store = await finishedRun(join(base, 'workspace'))
    const { result } = await exported(store, { format: 'mlflow', target: address })
    expect(result.remarks).toEqual([])
    const seen = (await askScript('mlflow_check.py', address, result.where.split('/').at(-1) ?? '')) as {
      parent: SeenRun
      models: SeenRun[]
    }
    expect(seen.parent.status).toBe('FINISHED')
    expect(seen.models.map(({ name }) => name)).toEqual(['No defense', 'Shuffling Vaccine', 'Teacher'])
    const [, defended] = seen.models
    expect(defended?.params).toMatchObject({ defense: 'sv', 'poisoning.ratio': '0.1' })
    const { accuracy } = await store.metrics.read(placeInRun('r', 'student-2'))
    expect(defended?.metrics.accuracy?.map(([step, , value]) => [step, value])).toEqual(
      [...(accuracy?.steps ?? [])].map((step, index) => [step, accuracy?.values[index]]),
    )
    expect(defended?.files).toContain('figures/classes/confusion.png')
  })
})

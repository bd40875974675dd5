/** `npm run dev`: the interface from its sources, in front of a real engine. */
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isBuilt, newWorkspace, notBuilt, removeWorkspace, startScript, until, type Program } from './support/engine'
import { connectFrom, openTab, tokenOf } from './support/tab'

const script = resolve(import.meta.dirname, '../../tools/dev.mjs')

describe.skipIf(!isBuilt)(isBuilt ? 'the development server' : notBuilt, () => {
  let workspace = ''
  let program: Program
  let address = ''
  beforeAll(async () => {
    workspace = newWorkspace()
    program = startScript(script, ['--workspace', workspace])
    address = await until('the address', () => /hot reload:\s+(http:\S+)/.exec(program.stdout())?.[1])
  })
  afterAll(async () => {
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(0)
    await removeWorkspace(workspace)
  })

  it('brings the page from its sources, with the module that reloads it', async () => {
    expect(await (await fetch(new URL('/', address))).text()).toContain('/@vite/client')
    expect(await (await fetch(new URL('/main.ts', address))).text()).toContain('createWorkbench')
  })

  it('lets its own page talk to the engine', async () => {
    const tab = openTab(address)
    expect((await tab.call('engine.info', {})).workspace).toBe(workspace)
    tab.close()
  })

  it('lets no other site in', async () => {
    const { host } = new URL(address)
    await expect(connectFrom(host, { token: tokenOf(address), origin: 'http://elsewhere.example' })).rejects.toThrow()
  })
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { extractFile, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fuses, setFuses } from '../../../tools/package/fuses.mjs'
import { shippedBom } from '../../../tools/package/sbom.mjs'
import { makeWindowArchive, windowParts } from '../../../tools/package/windowArchive.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-package-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (file: string, content: string | Buffer): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), content)
}

describe('the fuses of the packaged Electron', () => {
  /** What Electron has in its executable: a mark, the version of the wire, its length, a character for each fuse. */
  const executable = (states: string): Buffer =>
    Buffer.concat([
      Buffer.from('before'),
      Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
      Buffer.from([1, states.length]),
      Buffer.from(`${states}after`),
    ])
  const states = async (): Promise<Record<string, boolean>> => {
    const wire = (await getCurrentFuseWire(join(folder, 'electron'))) as unknown as Record<string, number>
    return Object.fromEntries(
      Object.entries(wire)
        .filter(([name]) => name !== 'version')
        .map(([index, state]) => [FuseV1Options[Number(index)] ?? index, String.fromCharCode(state) === '1']),
    )
  }

  it('make it no general Node, start the archive alone, and give files nothing', async () => {
    write('electron', executable('10110001'))
    await setFuses(join(folder, 'electron'))
    expect(await states()).toEqual({
      RunAsNode: false,
      EnableCookieEncryption: true,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      EnableEmbeddedAsarIntegrityValidation: true,
      OnlyLoadAppFromAsar: true,
      LoadBrowserProcessSpecificV8Snapshot: false,
      GrantFileProtocolExtraPrivileges: false,
    })
    expect(readFileSync(join(folder, 'electron'), 'utf8')).toMatch(/^before.*after$/s)
  })
  it('leave out those that an older Electron lacks', async () => {
    write('electron', executable('1011000'))
    await setFuses(join(folder, 'electron'))
    expect(Object.keys(await states())).toHaveLength(7)
    expect((await states()).OnlyLoadAppFromAsar).toBe(true)
  })
  it('are each decided', () => {
    const undecided = ['LoadBrowserProcessSpecificV8Snapshot']
    const names = Object.keys(FuseV1Options).filter((name) => Number.isNaN(Number(name)))
    expect(names.filter((name) => !(name in fuses))).toEqual(undecided)
  })
})

it('has in its archive what the window asks for, and nothing of the engine', async () => {
  write('out/main/index.js', 'require("./chunks/a.js"); require("node:fs"); require("electron"); require("ws/lib/x")')
  write('out/main/chunks/a.js', 'require("./b.js"); require("@scope/pack")')
  write('out/main/chunks/b.js', '')
  write('out/main/chunks/engine.js', '')
  write('out/main/control.js', 'require("./chunks/engine.js")')
  write('out/preload/preload.js', 'require("electron")')
  write('out/renderer/index.html', '<!doctype html>')
  write('out/renderer/index.js.map', '')
  write('resources/icons/icon.png', '')
  write('node_modules/ws/package.json', '{"name":"ws","version":"1.0.0","optionalDependencies":{"native":"1"}}')
  write('node_modules/ws/index.js', '')
  write('node_modules/native/package.json', '{"name":"native","version":"1.0.0"}')
  write('node_modules/@scope/pack/package.json', '{"name":"@scope/pack","version":"1.0.0"}')
  expect(windowParts(join(folder, 'out'))).toEqual({
    files: ['main/chunks/a.js', 'main/chunks/b.js', 'main/index.js', 'preload/preload.js'],
    packages: ['@scope/pack', 'ws'],
  })
  const target = join(folder, 'app.asar')
  const description = { name: 'own', main: 'out/main/index.js' }
  await makeWindowArchive({ root: folder, description, work: join(folder, 'work'), target })
  const files = listPackage(target, { isPack: false })
  expect(files).toEqual(
    expect.arrayContaining(['/out/renderer/index.html', '/node_modules/ws/index.js', '/resources/icons/icon.png']),
  )
  for (const left of ['/out/main/control.js', '/out/main/chunks/engine.js', '/out/renderer/index.js.map'])
    expect(files).not.toContain(left)
  expect(files).not.toContain('/node_modules/native')
  expect(JSON.parse(extractFile(target, 'package.json').toString())).toEqual(description)
})

it('lists what is shipped, and what npm knows nothing of', () => {
  const component = (name: string) => ({ 'bom-ref': `${name}@1.0.0`, name, version: '1.0.0', type: 'library' })
  const bom = {
    bomFormat: 'CycloneDX',
    metadata: { component: { 'bom-ref': 'own@1.0.0', name: 'folder', version: '1.0.0' } },
    components: ['one', '@scope/two', 'tool'].map(component),
    dependencies: [
      { ref: 'own@1.0.0', dependsOn: ['one@1.0.0', 'tool@1.0.0'] },
      { ref: 'tool@1.0.0', dependsOn: [] },
    ],
  }
  const packages = ['one', '@scope/two'].map((name) => ({ name, version: '1.0.0' }))
  const programs = [{ name: 'Node.js', version: '20.0.0', license: 'MIT', source: 'https://github.com/nodejs/node' }]
  const shipped = shippedBom(bom, { name: 'own', packages, programs })
  expect(shipped.metadata.component.name).toBe('own')
  expect(shipped.components.map(({ name }: { name: string }) => name)).toEqual(['one', '@scope/two', 'Node.js'])
  expect(shipped.dependencies).toEqual([{ ref: 'own@1.0.0', dependsOn: ['one@1.0.0'] }])
  expect(() => shippedBom(bom, { name: 'own', packages: [{ name: 'gone', version: '1.0.0' }], programs })).toThrow(
    'knows nothing of gone@1.0.0',
  )
})

import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shippedDescription } from '../../../tools/package/application.mjs'
import { installScript } from '../../../tools/package/archive.mjs'
import { controlFile, postinst, writeSystemFiles } from '../../../tools/package/deb.mjs'
import { apparmorProfile, commandLauncher, desktopEntry, mimeType } from '../../../tools/package/desktop.mjs'
import { licenseName, licensesText, packageParts } from '../../../tools/package/licenses.mjs'
import { copyPackages, fitsPlatform, isShipped, productionPackages } from '../../../tools/package/modules.mjs'
import { findElectron, foreignLibraries, glibcFloor } from '../../../tools/package/parts.mjs'

const root = join(import.meta.dirname, '../../..')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-package-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}
const describePackage = (file: string, description: object): void =>
  write(`${file}/package.json`, JSON.stringify({ version: '1.0.0', ...description }))

describe('the packages that are shipped', () => {
  beforeEach(() => {
    describePackage('.', { name: 'own', dependencies: { one: '1', native: '1' }, devDependencies: { tool: '1' } })
    describePackage('node_modules/one', { name: 'one', dependencies: { two: '2' }, license: 'MIT' })
    write('node_modules/one/LICENSE', 'The text of MIT.')
    write('node_modules/one/index.js', '')
    write('node_modules/one/index.d.ts', '')
    write('node_modules/one/test/a.js', '')
    // The nested one is that of `one`; the outer is nobody's.
    describePackage('node_modules/one/node_modules/two', { name: 'two', license: { type: 'ISC' } })
    describePackage('node_modules/two', { name: 'two', version: '9' })
    describePackage('node_modules/native', {
      name: 'native',
      optionalDependencies: { glibc: '1', musl: '1', gone: '1' },
    })
    describePackage('node_modules/glibc', { name: 'glibc', os: ['linux'], cpu: ['x64'], libc: ['glibc'] })
    describePackage('node_modules/musl', { name: 'lib-linux-x64-musl', os: ['linux'], cpu: ['x64'] })
    describePackage('node_modules/tool', { name: 'tool' })
  })

  it('are those that the program asks for at run time, for Linux x64 with glibc, as Node finds them', () => {
    const names = productionPackages(folder).map(({ directory }) => directory.slice(folder.length + 1))
    expect(names).toEqual([
      'node_modules/glibc',
      'node_modules/native',
      'node_modules/one',
      'node_modules/one/node_modules/two',
    ])
    describePackage('node_modules/one', { name: 'one', dependencies: { missing: '1' } })
    expect(() => productionPackages(folder)).toThrow(/missing is not installed/)
  })

  it('come without types, sources, tests and other packages, with their licences', () => {
    copyPackages(folder, join(folder, 'target'))
    const one = join(folder, 'target/node_modules/one')
    expect(readFileSync(join(one, 'LICENSE'), 'utf8')).toBe('The text of MIT.')
    for (const left of ['index.d.ts', 'test/a.js'])
      expect(statSync(join(one, left), { throwIfNoEntry: false })).toBeUndefined()
    expect(statSync(join(one, 'index.js')).isFile()).toBe(true)
  })

  it.each([
    ['@tensorflow/tfjs', 'dist/tf.node.js', true],
    ['@tensorflow/tfjs', 'dist/tf.min.js', false],
    ['@tensorflow/tfjs-node-gpu', 'dist/kernels/Add.js', true],
    ['@tensorflow/tfjs-node-gpu', 'binding/tfjs_backend.cc', false],
    ['sharp', 'dist/index.mjs', true],
    ['any', 'lib/a.js.map', false],
    ['any', 'docs/guide.js', false],
    ['yaml', 'dist/doc/directives.js', true],
    ['any', 'LICENSE.md', true],
  ])('%s: %s %s', (name, file, shipped) => {
    expect(isShipped(name, file)).toBe(shipped)
  })

  it('hold what the built program asks for: nothing that it imports is a tool of the development', () => {
    const names = new Set(productionPackages(root).map(({ name }) => name))
    for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-core', 'libsql', 'sharp', 'tar', 'ws', 'zod'])
      expect(names).toContain(name)
    for (const name of ['electron', 'vite', 'typescript', 'vue']) expect(names).not.toContain(name)
    expect([...names].filter((name) => name.includes('musl'))).toEqual([])
  })
  it('know the platform by its fields', () => {
    expect(fitsPlatform({ os: ['darwin'] })).toBe(false)
    expect(fitsPlatform({ libc: ['musl'] })).toBe(false)
    expect(fitsPlatform({})).toBe(true)
  })
})

describe('the licences', () => {
  it('are named and printed, an equal text once', () => {
    const text = licensesText([
      { name: 'a', version: '1', license: 'MIT', source: 'https://a', texts: ['One text.'] },
      { name: 'b', version: '2', license: 'MIT', texts: ['One text.'] },
      { name: 'c', version: '3', license: 'ISC', texts: [] },
    ])
    expect(text.match(/One text\./g)).toHaveLength(1)
    expect(text).toContain('The text is that of a, above.')
    expect(text).toContain('The package holds no text of its licence (ISC).')
    expect(licenseName({ licenses: [{ type: 'MIT' }, { type: 'BSD' }] })).toBe('MIT OR BSD')
    expect(licenseName({})).toBe('not stated')
  })
  it('are known of every package that is shipped', () => {
    const parts: { name: string; license: string }[] = packageParts(productionPackages(root))
    const unknown = parts.filter(({ license }) => license === 'not stated')
    expect(unknown.map(({ name }) => name)).toEqual([])
  })
})

describe('the system is told', () => {
  it('how the program is started and which files it opens', () => {
    const entry = desktopEntry({ launcher: '/usr/bin/abd-workbench', version: '1.2.3' })
    expect(entry.split('\n')[0]).toBe('[Desktop Entry]')
    expect(entry).toContain('\nExec=/usr/bin/abd-workbench %f\n')
    expect(entry).toContain('\nMimeType=application/x-abdrun;\n')
    for (const line of entry.trim().split('\n').slice(1)) expect(line).toMatch(/^[A-Za-z-]+=.+$/)
    expect(mimeType).toContain('<glob pattern="*.abdrun"/>')
    expect(apparmorProfile('/opt/x')).toContain('profile abd-workbench /opt/x flags=(unconfined)')
  })

  it('in a .deb: what it needs, links on the PATH, a conffile, the sandbox helper as setuid', () => {
    writeSystemFiles(folder, { version: '1.2.3', icon: Buffer.from('icon'), installedKilobytes: 500 })
    const control = readFileSync(join(folder, 'DEBIAN/control'), 'utf8')
    expect(control).toBe(controlFile({ version: '1.2.3', installedKilobytes: 500 }))
    for (const line of control.trim().split('\n')) expect(line).toMatch(/^([A-Z][\w-]*: \S.*| .+)$/)
    // The newer name first: on Ubuntu 24.04 the older one is another library's.
    expect(control).toContain('libasound2t64 | libasound2')
    for (const library of ['libx11-xcb1', 'libgtk-3-0t64']) expect(control).toContain(library)
    expect(readlinkSync(join(folder, 'usr/bin/abd'))).toBe('/opt/abd-workbench/bin/abd')
    expect(postinst).toContain('chmod 4755 /opt/abd-workbench/chrome-sandbox')
    expect(statSync(join(folder, 'DEBIAN/postinst')).mode & 0o777).toBe(0o755)
  })

  it('by scripts that a shell can read', () => {
    for (const [name, text] of Object.entries({ install: installScript('1'), postinst, commandLauncher })) {
      write(name, text)
      expect(spawnSync('sh', ['-n', join(folder, name)], { encoding: 'utf8' }).stderr).toBe('')
    }
  })
})

it('install.sh puts everything below a prefix, and uninstall.sh leaves nothing there', () => {
  write('new/abd-workbench/bin/abd', '#!/bin/sh\necho it runs\n')
  write('new/abd-workbench/bin/abd-workbench', '')
  spawnSync('chmod', ['-R', '755', join(folder, 'new/abd-workbench/bin')])
  write('new/abd-workbench/chrome-sandbox', '')
  for (const kind of ['desktop', 'xml', 'png']) write(`new/share/abd-workbench.${kind}`, 'Exec=@LAUNCHER@ %f')
  write('new/install.sh', installScript('1.2.3'))
  const prefix = join(folder, 'pre fix')
  const installed = spawnSync('sh', [join(folder, 'new/install.sh'), '--prefix', prefix], { encoding: 'utf8' })
  expect(installed.stderr).toBe('')
  expect(spawnSync(join(prefix, 'bin/abd'), { encoding: 'utf8' }).stdout).toBe('it runs\n')
  expect(readFileSync(join(prefix, 'share/applications/abd-workbench.desktop'), 'utf8')).toContain(
    `Exec=${prefix}/bin/abd-workbench %f`,
  )
  // Twice: the second replaces the first.
  expect(spawnSync('sh', [join(folder, 'new/install.sh'), `--prefix=${prefix}`]).status).toBe(0)
  expect(spawnSync('sh', [join(prefix, 'lib/abd-workbench/uninstall.sh')], { encoding: 'utf8' }).stderr).toBe('')
  expect(spawnSync('find', [prefix, '-mindepth', '1'], { encoding: 'utf8' }).stdout).toBe('')
  // A folder of somebody else is left alone.
  mkdirSync(join(prefix, 'lib/abd-workbench'), { recursive: true })
  expect(spawnSync('sh', [join(folder, 'new/install.sh'), '--prefix', prefix]).status).toBe(1)
})

describe('the parts from elsewhere', () => {
  it('are named where they are missing', () => {
    expect(() => findElectron(folder, { ELECTRON_DIST: folder })).toThrow(/holds no Electron/)
    expect(() => findElectron(folder, {})).toThrow(/ELECTRON_DIST/)
  })
  it('a Node that would not run elsewhere is known by what it links, the glibc of a binary by its symbols', () => {
    const prints = (stdout: string): never => (() => ({ stdout })) as never
    const listing =
      '\tlinux-vdso.so.1 (0x0)\n\tlibnode.so.115 => /usr/lib/libnode.so.115\n\tlibc.so.6 => /lib/libc.so.6\n'
    expect(foreignLibraries('node', prints(listing))).toEqual(['libnode.so.115'])
    expect(glibcFloor('file', prints('GLIBC_2.2.5 GLIBC_2.17 GLIBC_2.9'))).toBe('2.17')
  })
  it('package.json goes along without scripts and tools', () => {
    const own = shippedDescription(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
    expect(Object.keys(own)).not.toContain('scripts')
    expect(own.main).toBe('out/main/index.js')
  })
})

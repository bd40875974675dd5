import { describe, expect, it } from 'vitest'
import { proxyFor } from '../../../src/main/setup/http.mjs'
import { parseIni, readPipSettings, withoutCredentials } from '../../../src/main/setup/pipSettings.mjs'
import { chooseLink, linksOfHtml, linksOfJson, nameFits } from '../../../src/main/setup/wheelIndex.mjs'

const files: Record<string, string> = {
  '/etc/pip.conf':
    '[global]\nindex-url = https://company/simple\ntimeout: 60\n; a comment\n[install]\nindex-url = no\n',
  '/home/a/.config/pip/pip.conf':
    '[global]\nextra_index_url =\n  https://one/simple\n  https://two/simple\ncert = ~/ca.pem\n[download]\ntimeout = 90\n',
}
const read = (environment: Record<string, string>, of = files): ReturnType<typeof readPipSettings> =>
  readPipSettings({ environment, home: '/home/a', read: (file: string) => of[file] })

describe('pip’s settings', () => {
  it('are those of its files and of the environment, the nearest first', () => {
    expect(read({})).toEqual({
      indexes: ['https://company/simple', 'https://one/simple', 'https://two/simple'],
      findLinks: [],
      proxy: undefined,
      cert: '/home/a/ca.pem',
      clientCert: undefined,
      trustedHosts: [],
      timeoutSeconds: 90,
      sources: ['/etc/pip.conf', '/home/a/.config/pip/pip.conf'],
    })
    expect(read({ PIP_INDEX_URL: 'https://mine/simple', PIP_EXTRA_INDEX_URL: '' }).indexes).toEqual([
      'https://mine/simple',
    ])
  })
  it('are PyPI’s index where nothing is set, and no index where that is asked', () => {
    expect(read({}, {}).indexes).toEqual(['https://pypi.org/simple'])
    expect(read({ PIP_NO_INDEX: 'true', PIP_FIND_LINKS: '~/wheels /srv/wheels' }, {})).toMatchObject({
      indexes: [],
      findLinks: ['/home/a/wheels', '/srv/wheels'],
    })
    expect(read({ PIP_CONFIG_FILE: '/dev/null' }).sources).toEqual([])
  })
  it('are shown without name and password', () => {
    expect(withoutCredentials('https://me:secret@host/simple')).toBe('https://host/simple')
  })
  it('are read as configparser reads them', () => {
    expect(parseIni('[a]\nOne_Two = 1\n\n# no\n  three\n[b]\nx: y = z')).toEqual({
      a: { 'one-two': '1\nthree' },
      b: { x: 'y = z' },
    })
  })
  it('name the proxy before the environment does, and leave out what no_proxy names', () => {
    const url = new URL('https://files.example.org/x')
    const settings = read({}, {})
    const environment = { https_proxy: 'proxy:3128' }
    expect(proxyFor(url, settings, environment)?.host).toBe('proxy:3128')
    expect(proxyFor(url, { ...settings, proxy: 'http://own:8080' }, environment)?.host).toBe('own:8080')
    expect(proxyFor(url, settings, { ...environment, no_proxy: 'localhost,.example.org' })).toBeUndefined()
    expect(proxyFor(url, settings, {})).toBeUndefined()
  })
})

describe('the list of an index', () => {
  const wheel = { project: 'some-library', version: '1.2', sha256: 'a'.repeat(64) }
  const name = 'some_library-1.2-py3-none-manylinux_2_17_x86_64.whl'
  it('is read from HTML and JSON', () => {
    const html = `<a href='/f/${name}?a=1&amp;b=2#sha256=${wheel.sha256}' rel="x">`
    const links = [{ url: `https://host/f/${name}?a=1&b=2`, name, sha256: wheel.sha256 }]
    expect(linksOfHtml(html, 'https://host/simple/some-library/')).toEqual(links)
    const json = { files: [{ url: `../../f/${name}`, filename: name, hashes: { sha256: wheel.sha256 } }] }
    expect(linksOfJson(JSON.stringify(json), 'https://host/simple/some-library/')[0]?.url).toBe(
      `https://host/f/${name}`,
    )
  })
  it('gives the wheel by its hash, else by its name, and never against a hash', () => {
    const link = (sha256?: string, of = name): { url: string; name: string; sha256?: string } => ({
      url: 'https://host/x',
      name: of,
      sha256,
    })
    expect(chooseLink([link('b'.repeat(64)), link(wheel.sha256, 'renamed')], wheel)?.name).toBe('renamed')
    expect(chooseLink([link(undefined)], wheel)?.name).toBe(name)
    expect(chooseLink([link('b'.repeat(64))], wheel)).toBeUndefined()
  })
  it.each([
    ['some.library-1.2-cp311-cp311-manylinux2014_x86_64.whl', true],
    ['some_library-1.2-cp312-cp312-manylinux2014_x86_64.whl', false],
    ['some_library-1.2-cp311-cp311-win_amd64.whl', false],
    ['some_library-1.2.1-py3-none-manylinux2014_x86_64.whl', false],
    ['some_library-1.2.tar.gz', false],
  ])('%s: %s', (file, fits) => {
    expect(nameFits(file, wheel)).toBe(fits)
  })
})

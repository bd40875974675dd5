import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { externalHosts, judgeAddress } from '../../../src/main/electron/externalAddresses'

describe('an address that the page wants opened', () => {
  it.each(['https://github.com/illidanlab/ABD', 'https://www.tensorflow.org'])('opens at once: %s', (address) => {
    expect(judgeAddress(address).kind).toBe('open')
  })
  it.each([
    'https://example.org/',
    'http://github.com/',
    'https://github.com:8443/',
    'https://github.com.evil.org/',
    'https://evil.org/https://github.com',
    'http://127.0.0.1:5000/#/experiments/1',
  ])('is shown to somebody first: %s', (address) => {
    expect(judgeAddress(address).kind).toBe('ask')
  })
  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'smb://host/share',
    'mailto:a@b',
    'vscode://x',
    'abd://page/index.html',
    'ftp://github.com/',
    '/etc/passwd',
    '',
  ])('is refused: %s', (address) => {
    expect(judgeAddress(address).kind).toBe('refuse')
  })
  it('goes without user and password', () => {
    expect(judgeAddress('http://user:secret@host:5000/x')).toEqual({ kind: 'ask', address: 'http://host:5000/x' })
    expect(judgeAddress('https://github.com@evil.org/').kind).toBe('ask')
  })
})

it('knows every host that the interface links to', () => {
  const folder = join(import.meta.dirname, '../../../src/renderer')
  const links = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/(?:link|href): ?'(https?:[^']+)'/g)])
    .map(([, address = '']) => new URL(address).hostname)
  expect([...new Set(links)].sort()).toEqual([...externalHosts].sort())
})

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPageAnswers, fileAnswer, isPageUrl, pageUrl } from '../../../src/main/electron/pageAnswers'

let home: string
let answers: ReturnType<typeof createPageAnswers>
const ask = (url: string, method = 'GET') => answers({ method, url })
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'abd-page-'))
  mkdirSync(join(home, 'page', 'assets'), { recursive: true })
  writeFileSync(join(home, 'secret.txt'), 'secret')
  writeFileSync(join(home, 'page', 'index.html'), '<!doctype html>')
  writeFileSync(join(home, 'page', 'assets', 'main.js'), 'run()')
  symlinkSync(join(home, 'secret.txt'), join(home, 'page', 'assets', 'link.txt'))
  answers = createPageAnswers(join(home, 'page'))
})
afterEach(() => rmSync(home, { recursive: true }))

describe('the page’s protocol', () => {
  it('answers with the files of the page, their types, and a policy that lets the page’s own scripts run alone', async () => {
    const page = await ask(pageUrl)
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(Buffer.from(page.body).toString()).toBe('<!doctype html>')
    expect((await ask('abd://page/assets/main.js?x=1')).headers['content-type']).toMatch(/^text\/javascript/)
    for (const { headers } of [page, await ask('abd://page/none'), fileAnswer]) {
      const policy = headers['content-security-policy']?.split('; ')
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'none'",
          "base-uri 'none'",
          "form-action 'none'",
          "require-trusted-types-for 'script'",
        ]),
      )
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it.each([
    'abd://page/../secret.txt',
    'abd://page/assets/../../secret.txt',
    'abd://page/%2e%2e/secret.txt',
    'abd://page/..%2fsecret.txt',
    'abd://page/assets/..%5c..%5csecret.txt',
    'abd://page//secret.txt',
    'abd://page/assets/link.txt',
    'abd://page/assets',
    'abd://page/',
    'abd://page/index.html/',
    'abd://page/INDEX.HTML',
    'abd://page/index.html%00.js',
    'abd://other/index.html',
    'abd://user@page/index.html',
    'abd://page:80/index.html',
    'file:///etc/passwd',
    'https://page/index.html',
    'no address',
  ])('finds nothing at %s', async (url) => {
    const { status, body } = await ask(url)
    expect(status).toBe(404)
    expect(Buffer.from(body).toString()).not.toContain('secret')
  })

  it('answers for a file that is gone since it was listed', async () => {
    expect((await ask('abd://page/assets/main.js')).status).toBe(200)
    rmSync(join(home, 'page', 'assets', 'main.js'))
    expect((await ask('abd://page/assets/main.js')).status).toBe(404)
  })

  it('answers GET alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) expect((await ask(pageUrl, method)).status).toBe(403)
  })

  it('knows the page by its whole address', () => {
    for (const ours of [pageUrl, `${pageUrl}#/runs/x`, `${pageUrl}?a#b`]) expect(isPageUrl(ours)).toBe(true)
    for (const other of ['about:blank', 'file:///index.html', 'abd://page/', `${pageUrl}.evil`, `https://x/${pageUrl}`])
      expect(isPageUrl(other)).toBe(false)
  })
})

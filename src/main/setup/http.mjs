/** HTTP as pip's settings ask for it: proxy, certificates, trusted hosts. Node's own fetch knows none of them. */
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import { SetupError } from './report.mjs'

const redirectLimit = 5
const systemCertificates = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt']

/** The system's certificates beside Node's, since a company's own is installed there. */
function certificates(settings) {
  if (settings.cert !== undefined) {
    try {
      return fs.readFileSync(settings.cert)
    } catch (error) {
      throw new SetupError(
        `pip's setting "cert" names ${settings.cert}, which cannot be read (${error.code}): set it to a file of certificates, or remove the setting.`,
        { cause: error, kind: 'index' },
      )
    }
  }
  const found = systemCertificates.find((file) => fs.existsSync(file))
  return found === undefined ? undefined : [...tls.rootCertificates, fs.readFileSync(found, 'utf8')]
}

function tlsOptions(url, settings) {
  const trusted = settings.trustedHosts.some((host) => host === url.host || host === url.hostname)
  const client = settings.clientCert === undefined ? undefined : fs.readFileSync(settings.clientCert)
  return {
    ca: certificates(settings),
    ...(client ? { cert: client, key: client } : {}),
    ...(trusted ? { rejectUnauthorized: false } : {}),
  }
}

/** Whether no_proxy keeps this host from the proxy: a name, or the end of one. */
function bypasses(url, environment) {
  const list = environment.no_proxy ?? environment.NO_PROXY ?? ''
  return list
    .split(',')
    .map((entry) => entry.trim().replace(/^\*?\./, ''))
    .filter((entry) => entry !== '')
    .some(
      (entry) => entry === '*' || url.hostname === entry || url.host === entry || url.hostname.endsWith(`.${entry}`),
    )
}

/** The proxy for this address, from pip's settings, else from the environment. */
export function proxyFor(url, settings, environment = process.env) {
  const own = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy']
  const named =
    settings.proxy ?? [...own, 'all_proxy', 'ALL_PROXY'].map((name) => environment[name]).find((value) => value)
  if (!named || bypasses(url, environment)) return undefined
  return new URL(named.includes('://') ? named : `http://${named}`)
}

const basic = (url) =>
  `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`

/** A tunnel through the proxy. */
function connectThrough(proxy, url, signal) {
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? https : http).request({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: `${url.hostname}:${url.port || 443}`,
      headers: proxy.username ? { 'Proxy-Authorization': basic(proxy) } : {},
      signal,
    })
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket)
      else reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode}`))
    })
    request.once('error', reject)
    request.end()
  })
}

async function requestOptions(url, settings, { headers, signal }) {
  const options = { method: 'GET', headers: { ...headers }, signal }
  if (url.username) options.headers.Authorization = basic(url)
  const proxy = proxyFor(url, settings)
  const secure = url.protocol === 'https:' ? tlsOptions(url, settings) : {}
  if (proxy === undefined) return { ...options, ...secure, agent: false }
  if (url.protocol === 'http:') {
    if (proxy.username) options.headers['Proxy-Authorization'] = basic(proxy)
    options.headers.Host = url.host
    return { ...options, hostname: proxy.hostname, port: proxy.port || 80, path: url.href, agent: false }
  }
  const socket = await connectThrough(proxy, url, signal)
  const createConnection = () => tls.connect({ ...secure, socket, servername: url.hostname })
  return { ...options, createConnection, agent: false }
}

function ask(url, options, timeoutSeconds) {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, resolve)
    request.setTimeout(timeoutSeconds * 1000, () =>
      request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
    )
    request.once('error', reject)
    request.end()
  })
}

/**
 * The answer to a GET, redirects followed; its body is a stream.
 * @param {string} address
 * @param {{ settings: import('./pipSettings.mjs').PipSettings, headers?: Record<string, string>, signal?: AbortSignal }} options
 * @returns {Promise<{ url: string, status: number, headers: http.IncomingHttpHeaders, body: http.IncomingMessage }>}
 */
export async function openUrl(address, { settings, headers = {}, signal }) {
  let url = new URL(address)
  for (let redirects = 0; ; redirects++) {
    const response = await ask(url, await requestOptions(url, settings, { headers, signal }), settings.timeoutSeconds)
    const { location } = response.headers
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
      return { url: url.href, status: response.statusCode, headers: response.headers, body: response }
    response.destroy()
    if (redirects >= redirectLimit) throw new Error(`${url.host} sends from one address to the next`)
    const next = new URL(location, url)
    // A page that came encrypted must not lead to one that does not.
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`${url.host} leads to ${next.protocol}`)
    url = next
  }
}

/** Finds a pinned wheel where pip would: in the folders and pages of find-links, then in the simple indexes. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openUrl } from './http.mjs'
import { withoutCredentials } from './pipSettings.mjs'
import { SetupError, formatBytes } from './report.mjs'

/** A page of a package with thousands of files has a few megabytes. */
const pageLimit = 32 << 20
const accept = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5'

const normalized = (name) => name.toLowerCase().replace(/[-_.]+/g, '-')

/** Whether a file of this name may be the wheel, where no hash is listed: project, version, and Linux on x86-64. */
export function nameFits(fileName, { project, version }) {
  const parts = fileName.endsWith('.whl') ? fileName.slice(0, -'.whl'.length).split('-') : []
  return (
    normalized(parts[0] ?? '') === normalized(project) &&
    parts[1] === version &&
    /^(py3|cp311|py2\.py3)-/.test(parts.slice(2).join('-')) &&
    /linux.*x86_64|-any$/.test(fileName.slice(0, -'.whl'.length))
  )
}

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)

/** What an HTML page lists (PEP 503): the address of each link, and the SHA-256 behind its "#". */
export function linksOfHtml(text, base) {
  return [...text.matchAll(/<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].flatMap(([, double, single]) => {
    try {
      const url = new URL(unescape(double ?? single ?? ''), base)
      const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1]
      url.hash = ''
      return [{ url: url.href, name: decodeURIComponent(url.pathname.split('/').pop() ?? ''), sha256 }]
    } catch {
      return []
    }
  })
}

/** The same of a JSON answer (PEP 691). */
export function linksOfJson(text, base) {
  const { files = [] } = JSON.parse(text)
  return files.map(({ url, filename, hashes }) => ({
    url: new URL(url, base).href,
    name: filename,
    sha256: hashes?.sha256,
  }))
}

/** The link that is the wheel: by its hash, else by its name where no hash says otherwise. */
export function chooseLink(links, wheel) {
  return (
    links.find(({ sha256 }) => sha256 === wheel.sha256) ??
    links.find(({ sha256, name }) => sha256 === undefined && nameFits(name, wheel))
  )
}

async function readPage(address, { settings, signal, open }) {
  const { url, status, headers, body } = await open(address, { settings, signal, headers: { Accept: accept } })
  if (status !== 200) {
    body.destroy()
    return { status, links: [] }
  }
  const chunks = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > pageLimit) throw new Error(`the page is larger than ${formatBytes(pageLimit)}`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const isJson = (headers['content-type'] ?? '').includes('json')
  return { status, links: isJson ? linksOfJson(text, url) : linksOfHtml(text, url) }
}

/** Relative links stand for the index's host, and keep the name and password that its address carries. */
function withCredentialsOf(link, address) {
  const [target, index] = [new URL(link), new URL(address)]
  if (index.username && !target.username && target.host === index.host) {
    target.username = index.username
    target.password = index.password
  }
  return target.href
}

function localWheel(place, wheel) {
  const folder = place.startsWith('file:') ? fileURLToPath(place) : place
  const stat = fs.statSync(folder, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const files = stat.isDirectory() ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [folder]
  const found = files.find((file) => nameFits(path.basename(file), wheel) && fs.statSync(file).size === wheel.bytes)
  return found === undefined ? undefined : { file: found }
}

const pageOf = (index, project) => `${index.replace(/\/*$/, '')}/${normalized(project)}/`
const isAddress = (place) => /^https?:/.test(place)

/**
 * Where the wheel can be had: an address, or a file of this machine.
 * @returns {Promise<{ address: string } | { file: string }>}
 */
export async function findWheel(wheel, { settings, signal, open = openUrl }) {
  const pages = [
    ...settings.findLinks.filter(isAddress),
    ...settings.indexes.map((index) => pageOf(index, wheel.project)),
  ]
  for (const place of settings.findLinks.filter((place) => !isAddress(place))) {
    const found = localWheel(place, wheel)
    if (found !== undefined) return found
  }
  const failures = []
  for (const page of pages) {
    try {
      const { status, links } = await readPage(page, { settings, signal, open })
      const link = chooseLink(links, wheel)
      if (link !== undefined) return { address: withCredentialsOf(link.url, page) }
      failures.push({ page, status })
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      failures.push({ page, error })
    }
  }
  throw notFound(wheel, failures)
}

function notFound(wheel, failures) {
  const what = `${wheel.project} ${wheel.version} (${formatBytes(wheel.bytes)})`
  const unreached = failures.find(({ error }) => error !== undefined)
  if (unreached !== undefined) return offline(what, unreached.page, unreached.error)
  const refused = failures.find(({ status }) => status === 401 || status === 403)
  if (refused !== undefined)
    return new SetupError(
      `The package index ${withoutCredentials(refused.page)} asks for a name and a password (status ${refused.status}): put them into pip's index-url, as https://name:password@host/…, and start again.`,
      { kind: 'index' },
    )
  return new SetupError(
    `The package index has no ${what} with the pinned SHA-256: pip's index (pip config list) must offer it or pass it on from pypi.org.`,
    { kind: 'index' },
  )
}

/** @param {string} what @param {string} address @param {Error & { code?: string }} error */
export function offline(what, address, error) {
  return new SetupError(
    `${new URL(address).host} could not be reached for ${what} (${error.code ?? error.message}): connect to the network, or set pip's index, proxy or certificate (pip config), and start again; what is already fetched is kept.`,
    { cause: error, kind: 'offline' },
  )
}

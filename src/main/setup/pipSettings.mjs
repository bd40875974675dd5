/**
 * pip's settings, read from where pip reads them, so that an index, a proxy or a certificate that somebody has set for
 * pip hold here too. pip itself is not needed.
 * Reference: pip's documentation, "Configuration" and "pip download".
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/**
 * @typedef {object} PipSettings
 * @property {string[]} indexes addresses of simple indexes, in order
 * @property {string[]} findLinks folders, files and pages that hold wheels, looked at first
 * @property {string | undefined} proxy
 * @property {string | undefined} cert file of certificates
 * @property {string | undefined} clientCert file of a certificate and its key
 * @property {string[]} trustedHosts hosts, with or without a port, whose certificate is not checked
 * @property {number} timeoutSeconds
 * @property {string[]} sources where something was set: files, and "environment"
 */

const defaultIndex = 'https://pypi.org/simple'
/** Later ones win. */
const sections = ['global', 'download']

/** Reads an INI file as Python's configparser does: continued lines are indented; no interpolation. */
export function parseIni(text) {
  /** @type {Record<string, Record<string, string>>} */
  const result = {}
  let section = ''
  let key = ''
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue
    const heading = /^\[([^\]]+)\]/.exec(line)
    const setting = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line)
    if (heading?.[1] !== undefined) {
      section = heading[1]
      key = ''
    } else if (/^\s/.test(line) && key !== '') {
      const values = result[section] ?? {}
      values[key] = `${values[key] ?? ''}\n${line.trim()}`.trim()
    } else if (setting?.[1] !== undefined) {
      key = setting[1].toLowerCase().replaceAll('_', '-')
      result[section] = { ...result[section], [key]: setting[2]?.trim() ?? '' }
    }
  }
  return result
}

/** pip's files, the least important first; PIP_CONFIG_FILE adds one, or with os.devnull leaves all out. */
function settingFiles(environment, home) {
  const named = environment.PIP_CONFIG_FILE
  if (named === '/dev/null') return []
  const shared = (environment.XDG_CONFIG_DIRS || '/etc/xdg')
    .split(':')
    .map((folder) => path.join(folder, 'pip/pip.conf'))
  const own = path.join(environment.XDG_CONFIG_HOME || path.join(home, '.config'), 'pip/pip.conf')
  return [
    ...shared,
    '/etc/pip.conf',
    path.join(home, '.pip/pip.conf'),
    own,
    ...(environment.VIRTUAL_ENV ? [path.join(environment.VIRTUAL_ENV, 'pip.conf')] : []),
    ...(named ? [named] : []),
  ]
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const words = (text) => (text ?? '').split(/\s+/).filter((word) => word !== '')
const isTrue = (text) => ['1', 'true', 'yes', 'on'].includes((text ?? '').toLowerCase())

/** `PIP_INDEX_URL` as `index-url`. */
function fromEnvironment(environment) {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name, value]) => name.startsWith('PIP_') && name !== 'PIP_CONFIG_FILE' && value !== undefined)
      .map(([name, value]) => [name.slice('PIP_'.length).toLowerCase().replaceAll('_', '-'), value]),
  )
}

/**
 * @param {{ environment?: Record<string, string | undefined>, home?: string, read?: (file: string) => string | undefined }} [options]
 * @returns {PipSettings}
 */
export function readPipSettings({
  environment = process.env,
  home = environment.HOME || os.homedir(),
  read = readText,
} = {}) {
  /** @type {Record<string, string>} */
  const values = {}
  const sources = []
  for (const file of settingFiles(environment, home)) {
    const text = read(file)
    if (text === undefined) continue
    const parsed = parseIni(text)
    const found = Object.assign({}, ...sections.map((section) => parsed[section] ?? {}))
    if (Object.keys(found).length > 0) sources.push(file)
    Object.assign(values, found)
  }
  const set = fromEnvironment(environment)
  if (Object.keys(set).length > 0) sources.push('environment')
  Object.assign(values, set)
  const expand = (file) => (file ? file.replace(/^~(?=\/|$)/, home) : undefined)
  return {
    indexes: isTrue(values['no-index'])
      ? []
      : [values['index-url'] || defaultIndex, ...words(values['extra-index-url'])],
    findLinks: words(values['find-links']).map((place) => expand(place) ?? place),
    proxy: values.proxy || undefined,
    cert: expand(values.cert),
    clientCert: expand(values['client-cert']),
    trustedHosts: words(values['trusted-host']),
    timeoutSeconds: Math.max(15, Number(values.timeout ?? values['default-timeout']) || 30),
    sources,
  }
}

/** An address without the name and the password in it, for people to read. */
export function withoutCredentials(address) {
  try {
    const url = new URL(address)
    url.username = ''
    url.password = ''
    return url.href
  } catch {
    return address
  }
}

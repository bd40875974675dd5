/**
 * The built page's files and headers, for whoever serves them. A file is known by its listed name, never by joining
 * what a request says.
 */
import { readdir } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

export const pageFileType = (file: string): string => types[extname(file)] ?? 'application/octet-stream'

/** Every file below the folder by its path in an address ("/assets/a.js"); links are not followed. */
export async function listPageFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const walk = async (current: string): Promise<void> => {
    for (const entry of await readdir(current, { withFileTypes: true }).catch(() => [])) {
      const path = join(current, entry.name)
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) files.set(`/${relative(folder, path).split(sep).join('/')}`, path)
    }
  }
  await walk(folder)
  return files
}

export interface PagePolicy {
  /** Whom the page may open connections to ("'self'", "ws://host"); none: it talks through its window alone. */
  readonly connect: readonly string[]
}

/**
 * The headers that come with every file of the page: scripts of the page itself and no other, no text that becomes
 * markup or script unless a named policy has made it (Trusted Types: `vue` is Vue's own, for markup that the build has
 * compiled; the others are in src/renderer/trustedTypes.ts). Styles may stand in the page: PrimeVue writes its theme
 * there.
 */
export const pageHeaders = ({ connect }: PagePolicy): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src ${connect.length > 0 ? connect.join(' ') : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types vue default pictures',
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()',
})

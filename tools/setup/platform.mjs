/**
 * Who may run the set-up. This file and setup.mjs stay readable to old versions of Node (no newer syntax), so that the
 * refusal can be printed at all.
 */

/** Lowest patch of each accepted major version; package.json's `engines` says the same. */
export const acceptedNode = [
  [20, 19],
  [22, 12],
  [24, 0],
]

export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)/.exec(text)
  if (match === null) return undefined
  return { major: Number(match[1]), minor: Number(match[2]) }
}

export function nodeIsAccepted(text) {
  const version = parseVersion(text)
  if (version === undefined) return false
  const newest = acceptedNode[acceptedNode.length - 1]
  if (version.major > newest[0]) return true
  return acceptedNode.some((accepted) => accepted[0] === version.major && version.minor >= accepted[1])
}

/** One sentence that says why this machine cannot be set up and what works, or undefined where it can. */
export function platformRefusal(machine) {
  if (machine.platform === 'win32') {
    return 'ABD Workbench trains on 64-bit Linux (x86-64); on Windows run it inside WSL 2 (wsl --install, then clone and start it in the Ubuntu shell).'
  }
  if (machine.platform === 'darwin') {
    return 'ABD Workbench trains on 64-bit Linux (x86-64); macOS is not supported: run "npm run serve" on a Linux machine and open its address in a browser here.'
  }
  if (machine.platform !== 'linux' || machine.architecture !== 'x64') {
    return (
      'ABD Workbench trains on 64-bit Linux (x86-64); this is ' +
      machine.platform +
      ' on ' +
      machine.architecture +
      ': run "npm run serve" on a Linux x86-64 machine and open its address in a browser here.'
    )
  }
  if (machine.musl) {
    return 'ABD Workbench needs a Linux with glibc (Debian, Ubuntu, Fedora, …): TensorFlow is not built for musl systems such as Alpine.'
  }
  if (!nodeIsAccepted(machine.nodeVersion)) {
    return (
      'ABD Workbench needs Node 20.19 or newer within 20, 22.12 or newer within 22, or 24; this is Node ' +
      machine.nodeVersion +
      ': install one of these (https://nodejs.org) and start again.'
    )
  }
  return undefined
}

/** The machine as platformRefusal asks for it. */
export function thisMachine() {
  return {
    platform: process.platform,
    architecture: process.arch,
    nodeVersion: process.version,
    musl: process.platform === 'linux' && isMusl(),
  }
}

function isMusl() {
  if (!process.report || typeof process.report.getReport !== 'function') return false
  process.report.excludeNetwork = true
  const header = process.report.getReport().header
  return header !== undefined && header.glibcVersionRuntime === undefined
}

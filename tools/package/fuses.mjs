/** Electron's fuses: what the packaged program can no longer be talked into, whatever its arguments and environment. */
import { FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses'
import { SetupError, say } from '../../src/main/setup/report.mjs'

/** What each is set to, and what that means. docs/security.md names this table. */
export const fuses = {
  // Neither ELECTRON_RUN_AS_NODE, NODE_OPTIONS nor --inspect make a general Node of it; the engine has one of its own.
  RunAsNode: false,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  // Only resources/app.asar is started. Its hash is checked where the platform has that (macOS and Windows today).
  OnlyLoadAppFromAsar: true,
  EnableEmbeddedAsarIntegrityValidation: true,
  EnableCookieEncryption: true,
  // Pages of files get nothing that Chromium does not give them.
  GrantFileProtocolExtraPrivileges: false,
}

const on = '1'.charCodeAt(0)

/** Sets them in the executable and reads them back; those that an older Electron lacks are said. */
export async function setFuses(executable) {
  const present = await getCurrentFuseWire(executable)
  const names = Object.keys(fuses).filter((name) => FuseV1Options[name] in present)
  const missing = Object.keys(fuses).filter((name) => !names.includes(name))
  if (missing.length > 0) say(`  This Electron has no fuse ${missing.join(', ')}: its default holds.`)
  await flipFuses(executable, {
    version: FuseVersion.V1,
    ...Object.fromEntries(names.map((name) => [FuseV1Options[name], fuses[name]])),
  })
  const set = await getCurrentFuseWire(executable)
  const wrong = names.filter((name) => (set[FuseV1Options[name]] === on) !== fuses[name])
  if (wrong.length > 0) throw new SetupError(`Electron's fuses did not take: ${wrong.join(', ')}.`)
}

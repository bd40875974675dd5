/** The .deb, by dpkg-deb alone. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { SetupError } from '../../src/main/setup/report.mjs'
import { sizeOf } from './application.mjs'
import { apparmorProfile, desktopEntry, mimeType } from './desktop.mjs'

const home = '/opt/abd-workbench'

/**
 * What Electron links or opens at its start. Names of Debian 13 and Ubuntu 24.04, whose time is 64 bits wide, stand
 * before the older ones: on Ubuntu another library calls itself libasound2 too, and lacks what Electron asks for.
 */
const depends = [
  'libasound2t64 | libasound2',
  'libatk-bridge2.0-0t64 | libatk-bridge2.0-0',
  'libatk1.0-0t64 | libatk1.0-0',
  'libatspi2.0-0t64 | libatspi2.0-0',
  'libc6 (>= 2.28)',
  'libcairo2',
  'libcups2t64 | libcups2',
  'libdbus-1-3',
  'libdrm2',
  'libexpat1',
  'libgbm1',
  'libglib2.0-0t64 | libglib2.0-0',
  'libgtk-3-0t64 | libgtk-3-0',
  'libnspr4',
  'libnss3',
  'libpango-1.0-0',
  'libstdc++6',
  'libnotify4',
  'libuuid1',
  'libx11-6',
  'libx11-xcb1',
  'libxcb1',
  'libxcomposite1',
  'libxcursor1',
  'libxdamage1',
  'libxext6',
  'libxfixes3',
  'libxi6',
  'libxkbcommon0',
  'libxrandr2',
  'libxrender1',
  'libxss1',
  'libxtst6',
  'xdg-utils',
]

export const controlFile = ({ version, installedKilobytes }) => `Package: abd-workbench
Version: ${version}
Architecture: amd64
Maintainer: ABD Workbench <abd-workbench@localhost>
Installed-Size: ${installedKilobytes}
Depends: ${depends.join(', ')}
Recommends: ca-certificates, fonts-dejavu-core | fonts-liberation
Section: science
Priority: optional
Description: workbench for data-free distillation with poisoned teachers
 Trains poisoned teachers, distils students from them without data, with and
 without defenses, and compares clean accuracy with attack success rate.
 .
 TensorFlow is fetched at the first start (274 MB), or brought as a file by
 "abd runtime unpack".
`

/** Chromium's sandbox: the setuid helper, and where AppArmor knows it a profile by path. */
export const postinst = `#!/bin/sh
set -e
chown root:root ${home}/chrome-sandbox
chmod 4755 ${home}/chrome-sandbox
if command -v apparmor_parser >/dev/null 2>&1; then
  apparmor_parser -r -T /etc/apparmor.d/abd-workbench >/dev/null 2>&1 || true
fi
`

const prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && command -v apparmor_parser >/dev/null 2>&1; then
  apparmor_parser -R /etc/apparmor.d/abd-workbench >/dev/null 2>&1 || true
fi
`

function write(root, file, text, mode = 0o644) {
  const place = path.join(root, file)
  fs.mkdirSync(path.dirname(place), { recursive: true })
  fs.writeFileSync(place, text, { mode })
  fs.chmodSync(place, mode)
}

/** Everything but the application's own folder, below `root`. */
export function writeSystemFiles(root, { version, icon, installedKilobytes }) {
  write(
    root,
    'usr/share/applications/abd-workbench.desktop',
    desktopEntry({ launcher: '/usr/bin/abd-workbench', version }),
  )
  write(root, 'usr/share/mime/packages/abd-workbench.xml', mimeType)
  write(root, 'usr/share/icons/hicolor/256x256/apps/abd-workbench.png', icon)
  write(root, 'etc/apparmor.d/abd-workbench', apparmorProfile(`${home}/abd-workbench`))
  fs.mkdirSync(path.join(root, 'usr/bin'), { recursive: true })
  for (const name of ['abd', 'abd-workbench']) fs.symlinkSync(`${home}/bin/${name}`, path.join(root, 'usr/bin', name))
  fs.mkdirSync(path.join(root, 'usr/share/doc/abd-workbench'), { recursive: true })
  fs.symlinkSync(`${home}/THIRD-PARTY-LICENSES.txt`, path.join(root, 'usr/share/doc/abd-workbench/copyright'))
  write(root, 'DEBIAN/control', controlFile({ version, installedKilobytes }))
  write(root, 'DEBIAN/conffiles', '/etc/apparmor.d/abd-workbench\n')
  write(root, 'DEBIAN/postinst', postinst, 0o755)
  write(root, 'DEBIAN/prerm', prerm, 0o755)
}

/** @param {{ application: string, version: string, icon: Buffer, target: string, work: string }} options */
export function makeDeb({ application, version, icon, target, work }) {
  fs.rmSync(work, { recursive: true, force: true })
  fs.mkdirSync(path.join(work, 'opt'), { recursive: true })
  fs.chmodSync(work, 0o755)
  fs.cpSync(application, path.join(work, home), { recursive: true, verbatimSymlinks: true })
  writeSystemFiles(work, { version, icon, installedKilobytes: Math.ceil(sizeOf(work) / 1024) })
  const build = (compression) =>
    spawnSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', work, target], { encoding: 'utf8' })
  const first = build(['-Zzstd', '-z12'])
  // dpkg-deb of Debian 11 and before knows no zstd.
  const result = first.status !== 0 && /unknown compression/i.test(first.stderr ?? '') ? build(['-Zxz']) : first
  fs.rmSync(work, { recursive: true, force: true })
  if (result.error?.code === 'ENOENT') return undefined
  if (result.status !== 0) throw new SetupError(`dpkg-deb could not make the package: ${result.stderr.trim()}`)
  return target
}

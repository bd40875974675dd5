/** The archive with an install script, for systems without dpkg and for homes. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { SetupError } from '../../src/main/setup/report.mjs'
import { desktopEntry, mimeType } from './desktop.mjs'

/** @param {string} version */
export const installScript = (version) => `#!/bin/sh
# Installs ABD Workbench ${version} below a prefix; uninstall.sh there takes it away again.
#   ./install.sh [--prefix FOLDER]      default: /usr/local as root, else ~/.local
set -eu
prefix=$HOME/.local
[ "$(id -u)" = 0 ] && prefix=/usr/local
case "\${1:-}" in
  --prefix) prefix=$(mkdir -p "$2" && cd "$2" && pwd) ;;
  --prefix=*) prefix=$(mkdir -p "\${1#--prefix=}" && cd "\${1#--prefix=}" && pwd) ;;
  '') ;;
  *) echo "usage: install.sh [--prefix FOLDER]" >&2; exit 2 ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
home=$prefix/lib/abd-workbench
if [ -e "$home" ] && [ ! -e "$home/uninstall.sh" ]; then
  echo "$home is there and is no ABD Workbench: choose another prefix." >&2
  exit 1
fi
[ -e "$home/uninstall.sh" ] && sh "$home/uninstall.sh" >/dev/null
mkdir -p "$home" "$prefix/bin" "$prefix/share/applications" "$prefix/share/mime/packages" \\
  "$prefix/share/icons/hicolor/256x256/apps"
cp -R "$here/abd-workbench/." "$home"
ln -sf "$home/bin/abd" "$home/bin/abd-workbench" "$prefix/bin/"
sed "s|@LAUNCHER@|$prefix/bin/abd-workbench|" "$here/share/abd-workbench.desktop" > "$prefix/share/applications/abd-workbench.desktop"
cp "$here/share/abd-workbench.xml" "$prefix/share/mime/packages/abd-workbench.xml"
cp "$here/share/abd-workbench.png" "$prefix/share/icons/hicolor/256x256/apps/abd-workbench.png"
if [ "$(id -u)" = 0 ]; then
  chown -R root:root "$home"
  chmod 4755 "$home/chrome-sandbox"
fi
cat > "$home/uninstall.sh" <<END
#!/bin/sh
# Removes what install.sh has put here; workspaces and the cache stay.
set -eu
rm -f "$prefix/bin/abd" "$prefix/bin/abd-workbench" "$prefix/share/applications/abd-workbench.desktop" \\\\
  "$prefix/share/mime/packages/abd-workbench.xml" "$prefix/share/icons/hicolor/256x256/apps/abd-workbench.png"
rm -rf "$home"
# What the desktop has made of these files goes with the last of them.
mime="$prefix/share/mime"
if [ -d "\\$mime" ] && [ -z "\\$(ls -A "\\$mime/packages" 2>/dev/null)" ]; then
  for made in XMLnamespaces aliases generic-icons globs globs2 icons magic mime.cache subclasses treemagic types version \\
    application/x-abdrun.xml; do
    rm -f "\\$mime/\\$made"
  done
fi
if ! ls "$prefix/share/applications/"*.desktop >/dev/null 2>&1; then rm -f "$prefix/share/applications/mimeinfo.cache"; fi
for folder in share/icons/hicolor/256x256/apps share/icons/hicolor/256x256 share/icons/hicolor share/icons \\
  share/mime/packages share/mime/application share/mime share/applications share bin lib; do
  rmdir "$prefix/\\$folder" 2>/dev/null || true
done
if command -v update-mime-database >/dev/null 2>&1 && [ -d "$prefix/share/mime" ]; then
  update-mime-database "$prefix/share/mime" 2>/dev/null || true
fi
if command -v update-desktop-database >/dev/null 2>&1 && [ -d "$prefix/share/applications" ]; then
  update-desktop-database "$prefix/share/applications" 2>/dev/null || true
fi
END
chmod 755 "$home/uninstall.sh"
command -v update-mime-database >/dev/null 2>&1 && update-mime-database "$prefix/share/mime" 2>/dev/null || true
command -v update-desktop-database >/dev/null 2>&1 && update-desktop-database "$prefix/share/applications" 2>/dev/null || true
echo "Installed in $home: abd-workbench opens the window, abd is the command line ($prefix/bin)."
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "$prefix/bin is not on the PATH." ;; esac
`

const hasZstd = () => spawnSync('zstd', ['--version'], { stdio: 'ignore' }).status === 0

/** .tar.zst where zstd is there (a third smaller, and faster to unpack), else .tar.gz. */
export function makeArchive({ application, version, icon, folder, work }) {
  const name = `abd-workbench-${version}-linux-x64`
  const top = path.join(work, name)
  fs.rmSync(work, { recursive: true, force: true })
  fs.mkdirSync(path.join(top, 'share'), { recursive: true })
  fs.cpSync(application, path.join(top, 'abd-workbench'), { recursive: true, verbatimSymlinks: true })
  fs.writeFileSync(path.join(top, 'install.sh'), installScript(version), { mode: 0o755 })
  fs.writeFileSync(path.join(top, 'share', 'abd-workbench.desktop'), desktopEntry({ launcher: '@LAUNCHER@', version }))
  fs.writeFileSync(path.join(top, 'share', 'abd-workbench.xml'), mimeType)
  fs.writeFileSync(path.join(top, 'share', 'abd-workbench.png'), icon)
  const zstd = hasZstd()
  const target = path.join(folder, `${name}.tar.${zstd ? 'zst' : 'gz'}`)
  const result = spawnSync(
    'tar',
    ['--owner=0', '--group=0', '--sort=name', '-I', zstd ? 'zstd -12 -T0' : 'gzip -6', '-cf', target, '-C', work, name],
    { encoding: 'utf8' },
  )
  fs.rmSync(work, { recursive: true, force: true })
  if (result.status !== 0) throw new SetupError(`tar could not make the archive: ${result.stderr.trim()}`)
  return target
}

/** What the desktop is told: menu entry, file type, launchers. */

/** @param {{ launcher: string, version: string }} options `launcher`: absolute path of the program that opens the window */
export const desktopEntry = ({ launcher, version }) => `[Desktop Entry]
Type=Application
Version=1.5
Name=ABD Workbench
GenericName=Distillation Workbench
Comment=Data-free distillation with poisoned teachers
Exec=${launcher} %f
Icon=abd-workbench
Terminal=false
Categories=Science;ArtificialIntelligence;
Keywords=machine learning;backdoor;distillation;
MimeType=application/x-abdrun;
StartupNotify=true
StartupWMClass=abd-workbench
X-ABD-Version=${version}
`

export const mimeType = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-abdrun">
    <comment>ABD Workbench run</comment>
    <glob pattern="*.abdrun"/>
    <icon name="abd-workbench"/>
  </mime-type>
</mime-info>
`

/**
 * The command line on the Node that is shipped: Electron as Node links a hundred libraries, GTK among them, that no
 * cluster node has. ABD_NODE names another Node.
 */
export const commandLauncher = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/..
exec "\${ABD_NODE:-$here/node}" "$here/resources/engine/out/main/cli.js" "$@"
`

/**
 * The window. Chromium needs either the setuid helper (a .deb sets it) or user namespaces, which Ubuntu 24.04 keeps from
 * programs without a profile; without both it would end with a fault that nobody understands.
 */
export const windowLauncher = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/..
if [ ! -u "$here/chrome-sandbox" ] && [ "$(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null)" = 1 ] \\
  && [ ! -e /etc/apparmor.d/abd-workbench ]; then
  echo "ABD Workbench: this system keeps Chromium's sandbox from programs without a profile." >&2
  echo "Install the .deb, or run install.sh with sudo; \\"abd serve\\" shows the same in a browser." >&2
  exit 1
fi
exec "$here/abd-workbench" "$@"
`

/** Allows Chromium's sandbox on Ubuntu 24.04 and later, by path; older AppArmor does not know the abi and leaves it. */
export const apparmorProfile = (executable) => `abi <abi/4.0>,
include <tunables/global>
profile abd-workbench ${executable} flags=(unconfined) {
  userns,
  include if exists <local/abd-workbench>
}
`

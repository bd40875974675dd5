import { shallowRef } from 'vue'
import { useConnection } from '../api/connection'
import { useNoticesStore } from '../stores/notices'

/** Workspaces that were open on this machine, without the one that is; in a browser none. */
export function useRecentWorkspaces() {
  const { host } = useConnection()
  const notices = useNoticesStore()
  const recent = shallowRef<readonly string[]>([])
  void host.recentWorkspaces().then(
    (folders) => {
      recent.value = folders
    },
    // A convenience: without it there is still the dialog.
    () => undefined,
  )
  const open = (folder: string | null): Promise<void> =>
    notices.attempt('The workspace could not be opened.', () => host.openWorkspace(folder))
  return { recent, open }
}

import { useConnection } from '../api/connection'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'

const askedKey = 'abd.notifications.asked'
/** Somebody who looks at the window sees its own notices. */
const isLookedAt = (): boolean => !document.hidden && document.hasFocus()

/** Messages beside the window for what ends while nobody looks at it. */
export function useNotifications() {
  const { host } = useConnection()
  const engine = useEngineStore()
  const notices = useNoticesStore()

  function tell(message: { title: string; body: string; path: string }): void {
    if (isLookedAt() || !engine.settings.notifications || host.notificationState() !== 'granted') return
    void host.notify(message).catch(() => undefined)
  }
  /** Once, when there is something to wait for. */
  function offer(): void {
    if (!engine.settings.notifications || host.notificationState() !== 'ask' || localStorage.getItem(askedKey)) return
    localStorage.setItem(askedKey, 'yes')
    notices.show({
      severity: 'info',
      title: 'This browser can tell you when a run is done while you look elsewhere.',
      action: { label: 'Allow', run: () => void host.askForNotifications().catch(() => false) },
      seconds: 20,
    })
  }
  return { tell, offer }
}

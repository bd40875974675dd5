/** Messages of the desktop, beside the window. */
import { Notification } from 'electron'

/** One that nothing refers to is collected, and then a click on it does nothing. */
const shown = new Set<Notification>()

export function showNotification({ title, body, onClick }: { title: string; body: string; onClick: () => void }): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  shown.add(notification)
  notification.on('click', () => {
    shown.delete(notification)
    onClick()
  })
  notification.on('close', () => shown.delete(notification))
  notification.show()
}

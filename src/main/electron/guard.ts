/** What holds for every page that this process ever shows: it is ours, it stays ours, and it is granted nothing. */
import { app, session, type Session, type WebContents } from 'electron'
import { loadPage } from './loadPage'
import { isPageUrl } from './pageAnswers'

const refuse = (event: { preventDefault(): void }): void => event.preventDefault()

/** The developer's tools are pages as well; a packaged application has none. */
const mayShow = (address: string): boolean =>
  isPageUrl(address) || (!app.isPackaged && address.startsWith('devtools://'))

/** The page is one document: whatever would lead elsewhere is refused (links go through HostApi.openExternal). */
function keepAtPage(contents: WebContents): void {
  // Asked by a page; reloading it asks nobody.
  contents.on('will-navigate', refuse)
  contents.on('will-frame-navigate', refuse)
  contents.on('will-redirect', refuse)
  contents.on('will-attach-webview', refuse)
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  // about:blank and its like ask nobody either: the preload script refuses them, and what arrives all the same is left.
  contents.on('did-navigate', (_event, address) => {
    if (!mayShow(address)) loadPage(contents)
  })
}

/** No page needs camera, location, devices or notifications of its own; the clipboard is main's. */
function grantNothing(own: Session): void {
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  own.setPermissionCheckHandler(() => false)
  own.setDevicePermissionHandler(() => false)
}

/** To be called once the application is ready, before the first page. */
export function guardPages(): void {
  grantNothing(session.defaultSession)
  app.on('session-created', grantNothing)
  app.on('web-contents-created', (_event, contents) => keepAtPage(contents))
}

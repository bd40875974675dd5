/** The protocols of the window: the page's own, and `file:`, which leads nowhere. */
import { join } from 'node:path'
import { protocol, type ProtocolRequest } from 'electron'
import { createPageAnswers, fileAnswer, pageScheme, type Answer } from './pageAnswers'

const pageFolder = join(__dirname, '..', 'renderer')

/** To be called before the application is ready. The scheme gets an origin, and is no way around the page's policy. */
export function declareProtocols(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true } }])
}

/** To be called once the application is ready. */
export function serveProtocols(): void {
  answerScheme(pageScheme, createPageAnswers(pageFolder))
  answerScheme('file', () => Promise.resolve(fileAnswer))
}

type Answering = (request: { method: string; url: string }) => Promise<Answer>

function answerScheme(scheme: string, answering: Answering): void {
  // Electron before 25 has no `handle`.
  if ((protocol as Partial<typeof protocol>).handle) {
    protocol.handle(scheme, async (request) => {
      const { status, headers, body } = await answering(request)
      return new Response(new Uint8Array(body), { status, headers })
    })
    return
  }
  const legacy = scheme === 'file' ? protocol.interceptBufferProtocol : protocol.registerBufferProtocol
  legacy.call(protocol, scheme, (request: ProtocolRequest, callback) => {
    void answering(request).then(({ status, headers, body }) => {
      const [mimeType = '', charset] = (headers['content-type'] ?? '').split('; charset=')
      callback({ statusCode: status, headers, mimeType, charset, data: Buffer.from(body) })
    })
  })
}

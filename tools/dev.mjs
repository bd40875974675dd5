#!/usr/bin/env node
/**
 * The interface with hot reload against a running engine: starts control as `npm run serve` does, and beside it a Vite
 * server that brings the interface from its sources and passes frames on.
 *
 *   node tools/dev.mjs [arguments of the application]
 */
import path from 'node:path'
import { ensureBuilt } from './run/build.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

/** The renderer's own build configuration, with the engine behind it. */
async function startInterface(engine) {
  const { createServer, loadConfigFromFile } = await import('vite')
  const environment = { command: 'serve', mode: 'development' }
  const { config } = await loadConfigFromFile(environment, path.join(projectRoot, 'electron.vite.config.ts'))
  const server = await createServer({
    ...config.renderer,
    configFile: false,
    server: { host: '127.0.0.1', proxy: proxyTo(engine, () => server.httpServer.address().port) },
  })
  await server.listen()
  return server
}

/**
 * What a page asks of the engine goes to it. The engine sees its own host and, for pages of this server alone, its own
 * origin: another site is refused as ever.
 */
function proxyTo({ origin }, ownPort) {
  const asOwnPage = (outgoing, { headers }) => {
    const own = ['127.0.0.1', 'localhost'].map((name) => `http://${name}:${ownPort()}`)
    if (own.includes(headers.origin)) outgoing.setHeader('origin', origin)
  }
  const configure = (proxy) => proxy.on('proxyReq', asOwnPage).on('proxyReqWs', asOwnPage)
  return {
    '^/token$': { target: origin, changeOrigin: true, configure },
    '^/rpc$': { target: origin, changeOrigin: true, ws: true, configure },
  }
}

async function main() {
  await ensureBuilt()
  let server
  const onMessage = ({ url }) => {
    const engine = new URL(url)
    server = startInterface(engine)
    server.then((started) => {
      const { port } = started.httpServer.address()
      process.stdout.write(
        `The same from its sources, with hot reload:\n\n  http://127.0.0.1:${port}/${engine.hash}\n\n`,
      )
    }, failWith)
  }
  const script = path.join(projectRoot, 'out', 'main', 'serve.js')
  const code = await runInForeground(process.execPath, [script, ...process.argv.slice(2)], { onMessage })
  await (await server)?.close()
  return code
}

main().then((code) => process.exit(code), failWith)

/** Looks into a window that was started with --remote-debugging-port: its text, and clicks, over Chromium's protocol. */
import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'

async function pageAddress(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/json`)
  const page = (await answer.json()).find(({ type }) => type === 'page')
  if (page === undefined) throw new Error('no page yet')
  return page.webSocketDebuggerUrl
}

async function until(what, seconds, attempt) {
  const deadline = Date.now() + seconds * 1000
  for (let last; ; await delay(500)) {
    try {
      const result = await attempt()
      if (result) return result
      last = 'not yet'
    } catch (error) {
      last = error.message
    }
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${seconds} s (${last})`)
  }
}

export async function openPage(port) {
  const address = await until('The window', 90, () => pageAddress(port))
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let next = 0
  const evaluate = (expression) =>
    new Promise((resolve, reject) => {
      const id = ++next
      const read = (data) => {
        const answer = JSON.parse(String(data))
        if (answer.id !== id) return
        socket.off('message', read)
        if (answer.result?.exceptionDetails) reject(new Error(answer.result.exceptionDetails.text))
        else resolve(answer.result?.result?.value)
      }
      socket.on('message', read)
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }))
    })
  const text = () => evaluate('document.body.innerText')
  return {
    text,
    shows: (wanted, seconds = 60) =>
      until(`“${wanted}”`, seconds, async () => ((await text()) ?? '').includes(wanted)).catch(async (error) => {
        throw new Error(`${error.message}; the window shows:\n${await text()}`)
      }),
    click: (label) =>
      evaluate(
        `[...document.querySelectorAll('button')].find((b) => b.textContent.trim().startsWith(${JSON.stringify(label)}))?.click()`,
      ),
    close: () => socket.close(),
  }
}

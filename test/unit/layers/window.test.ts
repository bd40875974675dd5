import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'

/** The oldest Electron that is supported has Node 16: the whole of the domain asks for more when it is loaded. */
it('what Electron starts with takes values of the domain from their own files', () => {
  const wide = readdirSync('src/main/electron')
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(`src/main/electron/${file}`, 'utf8').matchAll(
          /^import (?!type )[^']* from '[./]+\/shared\/(?:domain|schema)'$/gm,
        ),
      ].map(([line]) => `${file}: ${line}`),
    )
  expect(wide).toEqual([])
})

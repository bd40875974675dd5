/** What was tried in all, over many runs of the fuzzer, kept in the cache; and the table of it. */
import fs from 'node:fs'
import path from 'node:path'

export function addExecutions(cache, { reader, executions, seconds, coverage, features, findings }) {
  const file = path.join(cache, 'executions.json')
  const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}
  const before = known[reader] ?? { executions: 0, seconds: 0, findings: 0 }
  known[reader] = {
    executions: before.executions + executions,
    seconds: Math.round(before.seconds + seconds),
    findings: before.findings + findings.length,
    coverage,
    features,
  }
  fs.mkdirSync(cache, { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`)
}

/** Lines of a Markdown table. */
export function tableOf(results) {
  const rows = results.map(({ reader, executions, seconds, coverage, features, findings }) => [
    reader,
    executions.toLocaleString('en-US'),
    Math.round(seconds).toLocaleString('en-US'),
    Math.round(executions / Math.max(1, seconds)).toLocaleString('en-US'),
    String(coverage),
    String(features),
    String(Array.isArray(findings) ? findings.length : findings),
  ])
  const head = ['reader', 'executions', 'seconds', 'a second', 'edges', 'features', 'findings']
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  )
}

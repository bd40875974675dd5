/** Whether the licence that a package states is one of those that we take. */

/** "(MIT OR CC0-1.0)": whether enough of the licences that it names is allowed; null where it is no expression. */
export function isAllowed(expression, allowed) {
  const words = expression.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const factor = () => {
    if (words[at] !== '(') return allowed.has(words[at++])
    at++
    const inner = either()
    at++
    return inner
  }
  const both = () => {
    let result = factor()
    while (words[at] === 'AND') {
      at++
      result = factor() && result
    }
    return result
  }
  const either = () => {
    let result = both()
    while (words[at] === 'OR') {
      at++
      result = both() || result
    }
    return result
  }
  const result = either()
  return words.length > 0 && at === words.length ? result : null
}

/** One sentence for each package of the lock file whose licence is not on the list. */
export function licenseFaults(packages, { allowed, packages: known }) {
  const names = new Set(Object.keys(allowed))
  return packages.flatMap(({ name, version, license }) => {
    if (license === undefined) return [`${name} ${version} states no licence.`]
    if (known[name]?.stated === license || isAllowed(license, names) === true) return []
    return [`${name} ${version}: ${license} is not on the list (tools/supply/licenses.json).`]
  })
}

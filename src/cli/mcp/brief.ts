/** So much of a list is told where nobody says more: an assistant reads every word. */
const AT_MOST = 50

/**
 * An answer whose lists have no more than `atMost` entries. `cut` says of each that had more where it
 * stands and how long it is.
 */
export function brief(answer: object, atMost = AT_MOST): object {
  const cut: { [path: string]: number } = {}
  const told = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) {
      if (value.length > atMost) cut[path] = value.length
      return value.slice(0, atMost).map((one, at) => told(one, `${path}[${at}]`))
    }
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, told(one, path === '' ? name : `${path}.${name}`)]),
    )
  }
  const short = told(answer, '') as object // an object becomes one
  return Object.keys(cut).length === 0 ? short : { ...short, cut }
}

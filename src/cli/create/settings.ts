/** A variable that a configuration reads, as it stands there. */
export type DeclaredSetting = { readonly name: string; readonly secret: boolean; readonly fallback?: string }

/** `env('NAME', 'default')`, in whichever quotes. */
const CALL = /\b(?<how>env|secret)\(\s*(['"`])(?<name>\w+)\2(?:,\s*(['"`])(?<fallback>.*?)\4)?/g

/** The variables that a text declares by `env(...)` and `secret(...)`, each once, in its order. */
export function settingsIn(code: string): DeclaredSetting[] {
  const found = new Map<string, DeclaredSetting>()
  for (const { groups = {} } of code.matchAll(CALL)) {
    const { how, name = '', fallback } = groups
    if (!found.has(name))
      found.set(name, { name, secret: how === 'secret', ...(fallback !== undefined && { fallback }) })
  }
  return [...found.values()]
}

/** A file of variables to fill in; what has a default is commented out. */
export function exampleOf(settings: readonly DeclaredSetting[]): string {
  const lines = settings.map(({ name, fallback }) => (fallback === undefined ? `${name}=` : `# ${name}=${fallback}`))
  return `# Copy this to .env, which version control leaves out, and fill it in (docs/getting-started.md of zds).\n${lines.join('\n')}\n`
}

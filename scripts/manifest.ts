type Versions = { readonly [name: string]: string }

/** What package.json of the checkout says, as far as the published one follows from it. */
export type Checkout = {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: Versions
  /** Each points to the TypeScript that it is. */
  readonly exports: { readonly [path: string]: string }
  readonly dependencies: Versions
  /**
   * Packages that only one part needs: peers, which an installation without that part does without.
   */
  readonly optionalFor: { readonly [part: string]: readonly string[] }
}

export type Manifest = ReturnType<typeof manifestOf>

/** The package.json that is published. */
export function manifestOf(checkout: Checkout, repository?: string) {
  const { name, version, description, license, engines, dependencies, optionalFor } = checkout
  const optional = new Set(Object.values(optionalFor).flat())
  const all = Object.entries(dependencies)
  const peers = all.filter(([one]) => optional.has(one))
  return {
    name,
    version,
    description,
    license,
    ...(repository !== undefined && { repository: { type: 'git', url: repository } }),
    type: 'module',
    engines,
    bin: { zds: 'bin/zds.js' },
    exports: exportsOf(checkout),
    files: ['bin', 'src', 'plugins', 'docs', 'reference', 'templates', 'CHANGELOG.md'],
    dependencies: Object.fromEntries(all.filter(([one]) => !optional.has(one))),
    peerDependencies: Object.fromEntries(peers.map(([one, tested]) => [one, `^${tested}`])),
    peerDependenciesMeta: Object.fromEntries(peers.map(([one]) => [one, { optional: true }])),
    optionalFor,
  }
}

type Exports = { readonly [path: string]: { readonly types: string; readonly default: string } | './package.json' }

/** Each entry as the declarations and the JavaScript that become of it. */
function exportsOf({ exports }: Checkout): Exports {
  const entries = Object.entries(exports).map(([path, source]) => {
    const built = source.replace(/\.ts$/, '')
    return [path, { types: `${built}.d.ts`, default: `${built}.js` }] as const
  })
  return { ...Object.fromEntries(entries), './package.json': './package.json' }
}

/** How this command was called: what a hint names must work when it is copied. */
function command({ npm_command: npm, npm_lifecycle_event: script }: NodeJS.ProcessEnv): string {
  if (npm === 'exec') return 'npx zds'
  return npm === 'run-script' && script === 'zds' ? 'npm run zds --' : 'zds'
}

/** A hint whose commands are those that work here: `npx zds plan` where zds was called by npx. */
export function asCalled(hint: string, env: NodeJS.ProcessEnv = process.env): string {
  return hint.replaceAll(/(?<![\w./-])zds (?=(?:--)?[a-z])/g, `${command(env)} `)
}

/** How this command was called: what a hint names must work when it is copied. */
function command({ npm_command: npm, npm_lifecycle_event: script }: NodeJS.ProcessEnv): string {
  if (npm === 'exec') return 'npx zds'
  return npm === 'run-script' && script === 'zds' ? 'npm run zds --' : 'zds'
}

/** The options by which this command found its configuration and its variables. */
function reading(args: readonly string[]): string {
  const found = args.flatMap((arg, at) => {
    const [, name, value = args[at + 1] ?? ''] = /^(--config|--env)(?:=(.*))?$/s.exec(arg) ?? []
    return name === undefined ? [] : [` ${name} ${/^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)}`]
  })
  return found.join('')
}

/**
 * A hint whose commands are those that work here: `npx zds plan` where zds was called by npx. One on
 * a line of its own, to be copied, reads the configuration and the variables that this one read.
 */
export function asCalled(hint: string, env: NodeJS.ProcessEnv = process.env, args = process.argv.slice(2)): string {
  const whole = hint.replaceAll(/^ {2,}zds [a-z]+(?= |$)/gm, (start) => `${start}${reading(args)}`)
  return whole.replaceAll(/(?<![\w./-])zds (?=(?:--)?[a-z])/g, `${command(env)} `)
}

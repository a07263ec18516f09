import { env, type Setting } from 'zds'

/** A setting with a value that no environment has. */
export const setting = (name: string, value: string): Setting => ({
  ...env(name, value),
  read: () => value,
  peek: () => value,
})

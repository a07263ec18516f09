import { resolve } from 'node:path'
import { tell } from '../output.ts'
import { serve } from '../mcp/server.ts'

export type McpOptions = { config?: string; env?: string; include?: string }

/** `zds mcp`: answers the questions of an assistant, until it goes. */
export async function mcpCommand({ config, env, include = '' }: McpOptions, signal: AbortSignal): Promise<number> {
  tell(['zds answers on stdin and stdout by the Model Context Protocol. It ends with them, or by Ctrl+C.'])
  await serve(
    {
      include: include.split(',').filter((name) => name !== ''),
      ...(config !== undefined && { config: resolve(config) }),
      ...(env !== undefined && { env: resolve(env) }),
    },
    signal,
  )
  return 0
}

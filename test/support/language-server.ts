import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const COMPILER = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')

type Message = { readonly id?: number | string; readonly method?: string; readonly result?: unknown }
type Proposals = { readonly items: readonly { readonly label: string }[] } | null

/**
 * What the compiler's own language server proposes at each `▮` of a text, which stands for a file of
 * a project; the names alone.
 */
export async function proposalsIn(file: string, marked: string): Promise<string[][]> {
  const server = spawn(process.execPath, [COMPILER, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const answers = new Map<number, (message: Message) => void>()
  const tell = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  const ask = (method: string, params: object): Promise<unknown> =>
    new Promise((resolve) => {
      const id = answers.size + 1
      answers.set(id, ({ result }) => resolve(result))
      tell({ id, method, params })
    })
  // What it asks of an editor is answered with nothing.
  listen(server.stdout, ({ id, method, result }) => {
    if (method !== undefined && id !== undefined) tell({ id, result: null })
    else if (typeof id === 'number') answers.get(id)?.({ result })
  })
  try {
    const uri = pathToFileURL(file).href
    const [first = '', ...parts] = marked.split('▮')
    const text = [first, ...parts].join('')
    await ask('initialize', { processId: null, rootUri: pathToFileURL(join(file, '..')).href, capabilities: {} })
    tell({ method: 'initialized', params: {} })
    tell({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'typescript', version: 1, text } },
    })
    const found: string[][] = []
    let before = first
    for (const part of parts) {
      const lines = before.split('\n')
      const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
      // What the protocol says that it answers.
      const proposals = (await ask('textDocument/completion', { textDocument: { uri }, position })) as Proposals
      found.push((proposals?.items ?? []).map(({ label }) => label.replace(/\?$/, '')))
      before += part
    }
    return found
  } finally {
    server.kill()
  }
}

function listen(stream: NodeJS.ReadableStream, hear: (message: Message) => void): void {
  let rest = Buffer.alloc(0)
  stream.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    for (let head = rest.indexOf('\r\n\r\n'); head >= 0; head = rest.indexOf('\r\n\r\n')) {
      const end = head + 4 + Number(/Content-Length: (\d+)/i.exec(rest.toString('utf8', 0, head))?.[1])
      if (!(rest.length >= end)) return
      hear(JSON.parse(rest.toString('utf8', head + 4, end)) as Message)
      rest = rest.subarray(end)
    }
  })
}

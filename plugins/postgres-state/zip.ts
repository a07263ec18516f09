import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

const [pack, unpack] = [promisify(gzip), promisify(gunzip)]

/** A text as it is kept: UTF-8, with gzip. */
export const zip = (text: string): Promise<Buffer> => pack(text)

/** The text in a column that holds one so. */
export async function unzip(bytes: unknown): Promise<string> {
  if (!Buffer.isBuffer(bytes)) throw new TypeError('The column holds no bytes')
  return (await unpack(bytes)).toString('utf8')
}

/** Reads `multipart/form-data`, as clients upload files. Promise: a body that is none gives no fields and no file; nothing in it is trusted. */
import type { Upload } from './files.ts'

/** Undefined when the type is another one. */
export const boundaryOf = (type: string | undefined): string | undefined =>
  /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i
    .exec(type ?? '')
    ?.slice(1)
    .find(Boolean)

/** The fields without a file name, and the first part with one. */
export function readForm(
  body: Buffer,
  boundary: string,
): { readonly fields: readonly (readonly [string, string])[]; readonly file: Upload | undefined } {
  const fields: (readonly [string, string])[] = []
  let file: Upload | undefined
  // One letter per byte: parts are cut where the bytes say.
  for (const part of body.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n')
    if (end < 0) continue
    const head = part.slice(0, end)
    const text = Buffer.from(part.slice(end + 4).replace(/\r\n$/, ''), 'latin1').toString('utf8')
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]
    const fileName = /\bfilename="([^"]*)"/i.exec(head)?.[1]
    if (fileName !== undefined) file ??= { name: fileName.split(/[\\/]/).at(-1) ?? fileName, text }
    else if (name !== undefined) fields.push([name, text])
  }
  return { fields, file }
}

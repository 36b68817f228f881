/**
 * What to write into an MCP client's configuration so that it speaks to the proxy. Promise: pure; the one source of these texts, for the
 * terminal and for the page, and each is complete: it can be pasted as it is.
 */
export interface Snippet {
  /** Tab of the page, and the word for `--snippet`. */
  readonly client: 'Windsurf' | 'Cursor' | 'VS Code' | 'Claude Code' | 'Other'
  /** What this form is for, where a client has several. */
  readonly form: string
  /** Where it goes. */
  readonly file: string
  readonly language: 'json' | 'shell' | 'text'
  readonly text: string
  /** The part of `text` that points at the proxy; stands in it exactly once. */
  readonly highlight: string
}

/** `/sse` is how servers of the first revision are addressed; everything else is taken as Streamable HTTP. */
const transportOf = (url: string): 'sse' | 'http' => (/\/sse\/?$/.test(new URL(url).pathname) ? 'sse' : 'http')

function json(root: string, name: string, entries: Readonly<Record<string, string>>): string {
  return JSON.stringify({ [root]: { [name]: entries } }, null, 2)
}

/** An argument for a POSIX shell. */
const shell = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`)

/**
 * Every form, the two of Windsurf first. `url`: the proxy's own address with the target's path, for example
 * http://127.0.0.1:8002/sse; `name`: what the client is to call the server. Sources: the clients' own documentation;
 * `url` in Devin Desktop, `serverUrl` in Windsurf before it (which ignores `url`).
 */
export function snippets(url: string, name: string): readonly Snippet[] {
  const type = transportOf(url)
  const quoted = JSON.stringify(url)
  const pointer = `"url": ${quoted}`
  return [
    {
      client: 'Windsurf',
      form: 'Devin Desktop',
      file: '~/.config/devin/mcp_config.json',
      language: 'json',
      text: json('mcpServers', name, { url }),
      highlight: pointer,
    },
    {
      client: 'Windsurf',
      form: 'Windsurf',
      file: '~/.codeium/windsurf/mcp_config.json',
      language: 'json',
      text: json('mcpServers', name, { serverUrl: url }),
      highlight: `"serverUrl": ${quoted}`,
    },
    {
      client: 'Cursor',
      form: 'Cursor',
      file: '~/.cursor/mcp.json',
      language: 'json',
      text: json('mcpServers', name, { url }),
      highlight: pointer,
    },
    {
      client: 'VS Code',
      form: 'VS Code',
      file: '.vscode/mcp.json',
      language: 'json',
      text: json('servers', name, { type, url }),
      highlight: pointer,
    },
    {
      client: 'Claude Code',
      form: 'Command',
      file: 'terminal',
      language: 'shell',
      text: `claude mcp add --transport ${type} ${shell(name)} ${shell(url)}`,
      highlight: shell(url),
    },
    {
      client: 'Claude Code',
      form: 'Project file',
      file: '.mcp.json',
      language: 'json',
      text: json('mcpServers', name, { type, url }),
      highlight: pointer,
    },
    { client: 'Other', form: 'Any client', file: 'the only change is host and port', language: 'text', text: url, highlight: url },
  ]
}

/** The address that a client is given for one upstream: where the proxy listens, with the path of the target. */
export function clientUrl(upstream: {
  readonly url: string
  readonly listen: { readonly address: string; readonly port: number }
}): string {
  const { address, port } = upstream.listen
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address
  const { pathname, search } = new URL(upstream.url)
  return `http://${host}:${port}${pathname === '/' ? '' : pathname}${search}`
}

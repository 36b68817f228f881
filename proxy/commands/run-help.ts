/** The help of the main command. */
export const runHelp = `seismograph [--target URL] [options] [-- COMMAND ARGS…]

Stands between an MCP client and an MCP server, records everything that crosses, changes nothing, and shows it live.
Without --target it runs its own PAN-OS MCP server on a simulated firewall (or on the one that PANOS_HOSTNAME names).

  --target URL          the server, such as http://127.0.0.1:8000/sse; the path only shapes what the client is told
  --target NAME=URL     one of several, each on a port of its own
  -- COMMAND ARGS…      starts the server too, waits until it listens, and records its output and how it ends; port 0 in the
                        target is a free port, told to the server as {port} among its ARGS and as PORT in its environment
  --server-log FILE     follows the server's log file (NAME=FILE with several targets)

  --port N              port for the client (default 8002; 0 picks a free one)
  --dashboard-port N    port of the page (default 8003; 0 picks a free one)
  --server-port N       port of the bundled server (default 8001)
  --host ADDRESS        127.0.0.1 (default) or ::1
  --allow-host NAME     a further value of the Host header to accept; repeatable
  --dangerously-bind A  listens on address A, for everyone who can reach it

  --host-header MODE    preserve (default) or upstream: what the server sees as Host
  --forwarded           adds X-Forwarded-For, -Proto and -Host
  --linger SECONDS      keeps the server's side open after the client has left, to catch the late answer
  --ca FILE             PEM file of certificates to trust for an https target
  --insecure-upstream   does not verify the server's certificate

  --data DIR            where recordings are kept (default: your data folder)
  --keep-days N         removes recordings older than that (default 7)
  --keep-size MIB       removes the oldest recordings above that size (default 1024)
  --body-cap MIB        keeps that much of each body, and beyond it head, tail, length and SHA-256 (default 64)
  --capture-secrets     stores credentials as they were sent (otherwise masked before they are written)

  --check               judges the recording when it ends, prints the verdict, and ends with 1 if something was found
  --fail-on SEVERITY    with --check: error (default), warning, info or never
  --format FORM         with --check: text (default), json, junit or sarif
  --rule ID, --ignore ID  with --check: only this rule, not this rule; repeatable

  --no-open             does not open the browser
  --json                one JSON object per line on standard output; the first says where everything is; opens no browser
                        either, unless --open says so
  --quiet               nothing but errors on standard error
  --version, --help

Each option has a variable: SEISMOGRAPH_DASHBOARD_PORT for --dashboard-port, and so on.

Examples:
  seismograph
  seismograph --target http://127.0.0.1:8000/sse
  seismograph --target http://127.0.0.1:8000/mcp --server-log server.log
  seismograph --target http://127.0.0.1:8000/mcp --check --format junit > seismograph.xml
  seismograph --target http://127.0.0.1:0/sse -- uvicorn main:app --port {port}
  seismograph --target panos=http://127.0.0.1:8000/sse --target docs=https://mcp.example.com/mcp
`

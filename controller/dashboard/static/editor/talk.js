// Requests of the editor, and what became of them in one word.

const PATIENCE = 60000;

// { kind: "done" | "wrong" | "conflict" | "refused" | "signed_out" | "not_reached", data, version, message }
export async function ask(method, url, { body, version } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = version;
  let response;
  let data = null;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.headers.get("Content-Type")?.startsWith("application/json")) data = await response.json();
  } catch {
    return { kind: "not_reached" };
  }
  // From the body, since a proxy that compresses may weaken the ETag, and a weak one matches nothing.
  if (response.ok && data) return { kind: "done", data, version: `"${data.version}"` };
  const message = data?.error && [data.error.message, data.error.advice].filter(Boolean).join(" ");
  if (response.status === 422) return { kind: "wrong", data, message };
  if (response.status === 409 || response.status === 412) return { kind: "conflict", message };
  // Somebody's sign-in page instead of an answer of ours, or a door that is closed now.
  if (response.status === 401 || response.status === 403 || (response.ok && !data)) return { kind: "signed_out" };
  return message ? { kind: "refused", message } : { kind: "not_reached" };
}

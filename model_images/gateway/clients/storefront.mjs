// A storefront's server asks the gateway (a Shopify app's backend, say): built-in modules of Node 20 and no other.
//
// Copy this file. Never ask from the shop's pages: a certificate's key and a token would lie in every visitor's browser,
// and the gateway's partners' door answers nobody without a certificate.

import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { setTimeout as wait } from "node:timers/promises";

const RENEW_SECONDS = 120;
const LONGEST_WAIT_SECONDS = 60;
const EXCHANGE = "api://AzureADTokenExchange";

/** The gateway refused. `message` never holds what was sent; `code` is stable: docs/reference/gateway.md. */
export class Refused extends Error {
  constructor(status, error, headers) {
    super(error.message ?? `status ${status}`);
    this.name = "Refused";
    this.status = status;
    this.code = error.code ?? `http.${status}`;
    this.guard = error.guard ?? "";
    this.requestId = error.request_id || headers["x-request-id"] || "";
    this.retryAfter = Number(headers["retry-after"]) || 0;
    this.mayAskAgain = headers["x-should-retry"] !== "false" && [408, 429, 500, 502, 503, 504].includes(status);
  }
}

/** What proves this server to Entra where a platform mounts a signed token as a file. */
export const fromFile = (path) => async () => (await readFile(path, "utf8")).trim();

/** What proves it on a virtual machine of Azure: the managed identity, asked at the address that only the machine has. */
export const fromManagedIdentity = (clientId) => async () => {
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource: EXCHANGE, client_id: clientId });
  const answer = await fetch(`http://169.254.169.254/metadata/identity/oauth2/token?${query}`, {
    headers: { Metadata: "true" },
  });
  if (!answer.ok) throw new Error(`the managed identity gave no token: status ${answer.status}`);
  return (await answer.json()).access_token;
};

/** Tokens for the gateway by client credentials: no secret, an assertion. Each is kept until shortly before its end. */
export function tokens({ login = "https://login.microsoftonline.com", tenant, application, audience, assertion }) {
  let held = null;
  const token = async () => {
    if (held && held.ends - Date.now() / 1000 > RENEW_SECONDS) return held.token;
    const answer = await fetch(`${login}/${tenant}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: application,
        scope: `${audience}/.default`,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: await assertion(),
      }),
    });
    if (!answer.ok) throw new Error(`no token: status ${answer.status}`);
    const told = await answer.json();
    held = { token: told.access_token, ends: Date.now() / 1000 + Number(told.expires_in) };
    return held.token;
  };
  /** By the gateway's clock it had ended, or its roles are others now. */
  token.forget = () => {
    held = null;
  };
  return token;
}

/** One for the whole process: it keeps its connections. `certificate` and `key` are PEM, `authority` too where needed. */
export function connect({ host, port = 443, certificate, key, authority, token, attempts = 3 }) {
  const agent = new Agent({ cert: certificate, key, ca: authority, keepAlive: true, minVersion: "TLSv1.2" });

  async function once(method, path, body) {
    const raw = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = { authorization: `Bearer ${await token()}` };
    if (raw) Object.assign(headers, { "content-type": "application/json", "content-length": raw.length });
    const answer = await new Promise((resolve, reject) => {
      const asked = request({ host, port, path, method, agent, headers, timeout: 150_000 }, resolve);
      asked.on("timeout", () => asked.destroy(new Error("the gateway did not answer in time")));
      asked.on("error", reject);
      asked.end(raw);
    });
    if (answer.statusCode === 200) return answer;
    const text = await whole(answer);
    let error = {};
    try {
      error = JSON.parse(text).error ?? {};
    } catch {
      // Not the gateway's own words: the status must do.
    }
    throw new Refused(answer.statusCode, error, answer.headers);
  }

  async function ask(method, path, body) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(method, path, body);
      } catch (error) {
        if (error.status === 401 && attempt === 1 && token.forget) {
          token.forget();
          continue;
        }
        const again = error instanceof Refused && error.mayAskAgain && error.retryAfter <= LONGEST_WAIT_SECONDS;
        if (!again || attempt >= attempts) throw error;
        await wait(1000 * (error.retryAfter || 0.5 * 2 ** attempt));
      }
    }
  }

  const body = (useCase, messages, bailiwick, more) => ({ model: useCase, messages, bailiwick, ...more });

  return {
    /** Names of the use cases that this server may ask. */
    useCases: async () =>
      JSON.parse(await whole(await ask("GET", "/v1/models"))).data.map((one) => one.id),

    /** A whole answer. */
    chat: async (useCase, messages, bailiwick = { data_class: "personal" }, more = {}) =>
      JSON.parse(await whole(await ask("POST", "/v1/chat/completions", body(useCase, messages, bailiwick, more)))),

    /** The answer's text as it comes. Throws in mid-stream too, where it is cut: then drop what has come. */
    async *stream(useCase, messages, bailiwick = { data_class: "personal" }, more = {}) {
      const asked = body(useCase, messages, bailiwick, { ...more, stream: true });
      const answer = await ask("POST", "/v1/chat/completions", asked);
      let ended = false;
      for await (const data of events(answer)) {
        if (data === "[DONE]") {
          ended = true;
          break;
        }
        const chunk = JSON.parse(data);
        if (chunk.error) throw new Refused(200, chunk.error, answer.headers);
        const piece = chunk.choices?.[0]?.delta?.content;
        if (piece) yield piece;
      }
      if (!ended) throw new Refused(200, { message: "The answer ended early.", code: "route.model-gone" }, answer.headers);
    },

    close: () => agent.destroy(),
  };
}

async function whole(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

async function* events(answer) {
  answer.setEncoding("utf8");
  let rest = "";
  for await (const part of answer) {
    const blocks = (rest + part).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
    }
  }
}

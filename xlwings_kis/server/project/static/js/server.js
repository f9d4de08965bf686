// Our server's answers. What goes wrong is a Trouble with the key of a text, or with the server's own sentence.

import { lang } from "./texts.js";

const PATIENCE = 20_000; // ms; a fetch has 15 s of its own on the server

export class Trouble extends Error {
  constructor(key, sentence = "") {
    super(sentence || key);
    this.key = key;
    this.sentence = sentence;
  }
}

/** Ask one of the addresses of ours; the language goes along. */
export async function ask(path, facts = {}, method = "GET") {
  const query = new URLSearchParams({ ...facts, lang: lang() });
  return (await call(`/kis/${path}?${query}`, { method })).json();
}

/** Call a script with the workbook it is to work on; the answer is what is to be done with it. */
export async function script(name, book) {
  const body = JSON.stringify(book);
  return (await call(`/xlwings/custom-scripts-call/${name}`, { method: "POST", body })).json();
}

/** The report as a file: its name and its bytes. */
export async function report(facts) {
  const answer = await call(`/kis/report?${new URLSearchParams(facts)}`, {});
  const header = answer.headers.get("Content-Disposition") ?? "";
  const whole = /filename\*=UTF-8''([^;]+)/i.exec(header);
  const plain = /filename="([^"]+)"/i.exec(header);
  const file = whole ? decodeURIComponent(whole[1]) : (plain?.[1] ?? "program_trade.xlsx");
  return { file, blob: await answer.blob() };
}

async function call(path, options) {
  const { token, provider } = await globalThis.getAuth();
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = token;
  if (provider) headers["Auth-Provider"] = provider;
  const patience = new AbortController();
  const end = setTimeout(() => patience.abort(), PATIENCE);
  let answer;
  try {
    answer = await fetch(globalThis.config.appPath + path, {
      ...options,
      headers,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: patience.signal,
    });
  } catch {
    throw new Trouble("away");
  } finally {
    clearTimeout(end);
  }
  if (answer.ok) return answer;
  if (answer.status === 401 || answer.status === 403) throw denied(token);
  if (answer.status === 503 || answer.status === 504) throw new Trouble("away");
  throw new Trouble("failed", await said(answer));
}

function denied(token) {
  if (!(globalThis.config.authProviders ?? []).includes("custom")) return new Trouble("signed_out");
  return new Trouble(token ? "token_wrong" : "token_missing");
}

/** The sentence of a refusal; empty where somebody else (a proxy) answered. */
async function said(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? detail : "";
  } catch {
    return "";
  }
}

// The task pane: what is pressed, what is shown. The ribbon's buttons call the same functions.
//
// Whatever comes from the server is text: it becomes `textContent`, never markup.

import { Trouble, ask, report } from "./server.js";
import { lang, speak, text } from "./texts.js";
import { hasSheet, insert, recalculate, room, runScript } from "./workbook.js";

const AGAIN = 10; // seconds until a server that is away is tried again
const LOOK = 60; // seconds between two looks at the status, while the pane is seen

const page = (id) => document.getElementById(id);
const root = page("kis"); // xlwings' own dialogues load this page's scripts too, and have no pane

let busy = false;
let away = false;
let timer = 0;
let opened = null; // what the open question is to be answered with

/** 새로고침: fetch, write our sheet where the workbook has one, calculate the formulas. */
export const refresh = () =>
  pressed(async () => {
    const sentence = (await hasSheet()) ? await runScript("refresh") : (await ask("refresh", pair(), "POST")).sentence;
    await recalculate();
    await look();
    return sentence;
  });

/** 시트 만들기: the script writes the sheet, whether there is one or not. */
export const makeSheet = () =>
  pressed(async () => {
    const sentence = await runScript("refresh");
    await look();
    return sentence;
  });

/** 보고서 as a new sheet. */
export const reportSheet = () => pressed(async () => (await runScript("report_sheet")) || text("reported"));

/** 보고서 as a file. A desktop Excel may not save files from a task pane; the sheet is the way that works everywhere. */
export const downloadReport = () =>
  pressed(async () => {
    const { file, blob } = await report(pair());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), LOOK * 1000);
    return text("downloaded", { file });
  });

/** 표 넣기 at the active cell; asks before it would delete anything. */
export const insertTable = (exchange = pair().exchange, market = pair().market) =>
  pressed(async () => {
    const { address, taken } = await room();
    if (taken && !(await agreed(text("insert_over", { address })))) return text("cancelled");
    return text("inserted", { address: await insert(exchange, market, taken) });
  });

/** 자동 on or off. */
export async function toggleAuto(on = !page("auto").checked) {
  page("auto").checked = on;
  keep("auto", on ? "1" : "");
  const every = text(`every.${page("every").value}`);
  say(text(on ? "auto_on" : "auto_off", { every }));
  wait();
  await shown();
}

/** Do what a button asks for, one at a time, and end in one sentence. */
async function pressed(work) {
  if (busy) return;
  mark(true);
  say(text("working"));
  let trouble = false;
  try {
    say(await work());
    connected();
  } catch (error) {
    trouble = true;
    tell(error);
  } finally {
    mark(false);
    wait();
  }
  if (trouble) await shown(); // a ribbon's button was pressed, and the pane is closed: nobody would see the sentence
}

/** The status and the table of the day, anew. */
async function look() {
  const [state, table] = await Promise.all([ask("status"), ask("table", pair())]);
  showStatus(state);
  showTable(table);
  connected();
  return state;
}

/** What happens by itself: formulas with automatic refresh in a session, a look at the status otherwise. */
async function beat() {
  if (!busy) {
    const auto = page("auto").checked;
    try {
      if (away) {
        await look();
        say("");
      } else if (auto) {
        const state = await ask("status");
        showStatus(state);
        if (state.pairs.some((each) => each.open)) {
          showTable(await ask("table", pair()));
          await recalculate();
        }
      } else if (!document.hidden) {
        showStatus(await ask("status"));
      }
    } catch (error) {
      // Nobody asked: a cell that is being edited, a protected sheet and the like wait for the next time in silence.
      if (["away", "token_missing", "token_wrong", "signed_out"].includes(error?.key)) tell(error);
    }
  }
  wait();
}

function wait() {
  clearTimeout(timer);
  const seconds = away ? AGAIN : page("auto").checked ? Number(page("every").value) : LOOK;
  timer = setTimeout(beat, seconds * 1000);
}

function connected() {
  away = false;
}

/** One sentence for what went wrong. */
function tell(error) {
  const key = error instanceof Trouble ? error.key : "failed";
  if (!(error instanceof Trouble)) console.error(error);
  away = key === "away";
  say((error instanceof Trouble && error.sentence) || text(key, { seconds: AGAIN }), true);
  if (key.startsWith("token_")) {
    page("access").open = true;
    page("token").focus();
  }
}

function say(sentence, bad = false) {
  const said = page("said");
  said.classList.toggle("bad", bad);
  if (said.textContent !== sentence) said.textContent = sentence;
}

function mark(now) {
  busy = now;
  root.setAttribute("aria-busy", String(now));
  for (const id of ["refresh", "insert", "sheet", "report", "download"]) page(id).disabled = now;
}

async function shown() {
  try {
    await Office.addin.showAsTaskpane();
  } catch {
    // a host that cannot: the sentence is there when the pane is opened
  }
}

function agreed(question) {
  page("asked").textContent = question;
  page("question").hidden = false;
  page("no").focus();
  shown();
  return new Promise((answer) => {
    opened = answer;
  });
}

function answer(yes) {
  page("question").hidden = true;
  page("insert").focus();
  opened?.(yes);
  opened = null;
}

function pair() {
  const chosen = (name) => root.querySelector(`input[name="${name}"]:checked`).value;
  return { exchange: chosen("exchange"), market: chosen("market") };
}

function showStatus({ pairs, demo }) {
  page("demo").hidden = !demo;
  page("lines").replaceChildren(
    ...pairs.map(({ exchange, market, line }) => {
      const name = cell("b", `${text(`exchange.${exchange}`)} ${text(`market.${market}`)}`);
      const item = document.createElement("li");
      item.append(name, ` ${line}`);
      return item;
    }),
  );
}

function showTable({ title, asof, state, line, unit, heading, columns, rows }) {
  page("today").dataset.state = state;
  page("table-title").textContent = title;
  page("asof").textContent = asof;
  page("unit").textContent = unit;
  page("line").textContent = state === "none" ? "" : line; // without figures the corner says why already
  const table = page("table");
  table.hidden = rows.length === 0;
  const head = document.createElement("tr");
  head.append(...[heading, ...columns].map((name) => cell("th", name, { scope: "col" })));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(
    ...rows.map(({ name, role, figures }) => {
      const row = document.createElement("tr");
      row.className = String(role);
      row.append(cell("th", name, { scope: "row" }), ...figures.map(figure));
      return row;
    }),
  );
}

/** A figure with its sign always printed: red above zero, blue below; a missing one is an empty cell. */
function figure(value) {
  if (typeof value !== "number") return cell("td", value ?? "");
  const sign = value > 0 ? "+" : "";
  const className = value > 0 ? "up" : value < 0 ? "down" : "";
  return cell("td", sign + value.toLocaleString("en-US"), { className });
}

function cell(tag, content, facts = {}) {
  return Object.assign(document.createElement(tag), facts, { textContent: String(content) });
}

/** Put every text of the page into the chosen language. */
function translate() {
  document.documentElement.lang = lang();
  document.title = text("title");
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = text(each.dataset.text);
  for (const each of document.querySelectorAll("[data-name]")) each.setAttribute("aria-label", text(each.dataset.name));
}

/** What is kept of a user's choices in this browser; nothing is lost where it keeps nothing. */
function keep(name, value) {
  try {
    localStorage.setItem(`kis-${name}`, value);
  } catch {
    // a browser that keeps nothing
  }
}

function kept(name) {
  try {
    return localStorage.getItem(`kis-${name}`);
  } catch {
    return null;
  }
}

function theme() {
  const dark = Office.context.officeTheme?.isDarkTheme; // unknown on the web: the system's then
  if (typeof dark === "boolean") document.documentElement.dataset.theme = dark ? "dark" : "light";
}

async function first() {
  try {
    await look();
  } catch (error) {
    tell(error);
  }
  wait();
}

async function begin() {
  await Office.onReady();
  theme();
  speak(kept("lang") ?? Office.context.displayLanguage);
  translate();
  page("every").value = kept("every") || "30";
  page("auto").checked = kept("auto") === "1";
  page("access").hidden = !globalThis.config.authProviders?.includes("custom");
  const on = (id, event, what) => page(id).addEventListener(event, what);
  on("refresh", "click", () => refresh());
  on("insert", "click", () => insertTable());
  on("sheet", "click", () => makeSheet());
  on("report", "click", () => reportSheet());
  on("download", "click", () => downloadReport());
  on("yes", "click", () => answer(true));
  on("no", "click", () => answer(false));
  on("question", "keydown", (event) => event.key === "Escape" && answer(false));
  on("auto", "change", () => toggleAuto(page("auto").checked));
  on("every", "change", () => {
    keep("every", page("every").value);
    if (page("auto").checked) toggleAuto(true);
  });
  on("language", "click", () => {
    speak(lang() === "ko" ? "en" : "ko");
    keep("lang", lang());
    translate();
    say("");
    first();
  });
  on("forget", "click", () => {
    globalThis.kisToken.set("");
    say(text("token_forgotten"));
  });
  on("credentials", "submit", (event) => {
    event.preventDefault(); // a form that is sent would put the token into an address
    const typed = page("token").value.trim();
    page("token").value = "";
    const stays = globalThis.kisToken.set(typed);
    page("access").open = !stays;
    say(text(stays ? "token_saved" : "token_unkept"), !stays);
    if (stays) first();
  });
  for (const each of root.querySelectorAll('input[type="radio"]')) each.addEventListener("change", first);
  document.addEventListener("visibilitychange", () => document.hidden || beat());
  await first();
}

if (root) begin();

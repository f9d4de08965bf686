// The task pane: what its buttons do, and what happens by itself. The ribbon's buttons call the same functions.

import { keep, kept } from "./kept.js";
import { Trouble, ask, report } from "./server.js";
import { page, say, showStatus, showTable, translate } from "./shown.js";
import { lang, speak, text } from "./texts.js";
import { hasSheet, insert, recalculate, room, runScript } from "./workbook.js";

const AGAIN = 10; // seconds until a server that is away is tried again
const LOOK = 60; // seconds between two looks at the status, while the pane is seen
const BUTTONS = ["refresh", "insert", "sheet", "report", "download"];
const TELL = ["away", "token_missing", "token_wrong", "signed_out"]; // worth a sentence though nobody pressed anything

const FRESH = ["fine", "demo", "checking", "holiday"]; // states of a table that was just fetched

let busy = false;
let away = false;
let timer = 0;
let looks = 0;
let opened = null; // who waits for the answer to the question

/** 새로고침: fetch, write our sheet where the workbook has one, calculate the formulas. */
export const refresh = () =>
  pressed(async () => {
    const sheet = await hasSheet();
    const sentence = sheet ? await runScript("refresh") : (await ask("refresh", pair(), "POST")).sentence;
    await recalculate();
    const { title, asof, state } = await look();
    // Without a sheet, and where all is well, that sentence is the line that stands below the table anyway.
    if (!FRESH.includes(state)) throw new Trouble("failed", sentence);
    return sheet ? sentence : text("fetched", { title, asof });
  });

/** 시트 만들기: the script writes the sheet, and makes it where there is none. */
export const makeSheet = () =>
  pressed(async () => {
    const sentence = await runScript("refresh");
    await look();
    return sentence;
  });

/** 보고서 as a new sheet. */
export const reportSheet = () => pressed(async () => (await runScript("report_sheet")) || text("reported"));

/** 보고서 as a file. Not every desktop Excel saves files from a task pane; the sheet is the way that works everywhere. */
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
export function toggleAuto(on = !page("auto").checked) {
  page("auto").checked = on;
  keep("auto", on ? "1" : "");
  say(text(on ? "auto_on" : "auto_off", { every: text(`every.${page("every").value}`) }));
  wait();
}

/** Do what a button asks for, one at a time, and end in one sentence. */
async function pressed(work) {
  if (busy) return;
  mark(true);
  say(text("working"));
  try {
    say(await work());
    away = false;
  } catch (error) {
    tell(error);
    open(); // a button of the ribbon: with the pane closed nobody would see the sentence
  } finally {
    mark(false);
    wait();
  }
}

/** The table of the day and the status, anew. The table first: it may be the one that is fetched. */
async function look() {
  const turn = ++looks;
  const table = await ask("table", pair());
  const state = await ask("status");
  away = false;
  if (turn === looks) {
    showTable(table);
    showStatus(state, pair());
  } // else another pair was chosen meanwhile
  return table;
}

async function lookAndSay() {
  try {
    await look();
  } catch (error) {
    tell(error);
  }
  wait();
}

/** What happens by itself: formulas and table with automatic refresh while there is trade, else a look at the status. */
async function beat() {
  try {
    if (busy) return;
    if (away) {
      await look();
      say("");
    } else if (page("auto").checked) {
      const state = await ask("status");
      showStatus(state, pair());
      if (state.pairs.some((each) => each.open)) {
        await recalculate();
        await look();
      }
    } else if (!document.hidden) {
      showStatus(await ask("status"), pair());
    }
  } catch (error) {
    // Nobody asked: a cell that is being edited and the like wait for the next time in silence.
    if (TELL.includes(error.key)) tell(error);
  } finally {
    wait();
  }
}

function wait() {
  clearTimeout(timer);
  const seconds = away ? AGAIN : page("auto").checked ? Number(page("every").value) : LOOK;
  timer = setTimeout(beat, seconds * (950 + 100 * Math.random())); // a desk of panes shall not ask in one moment
}

/** One sentence for what went wrong. */
function tell(error) {
  const known = error instanceof Trouble;
  if (!known) console.error(error);
  const key = known ? error.key : "failed";
  away = key === "away";
  say((known && error.sentence) || text(key, { seconds: AGAIN }), true);
  if (key.startsWith("token_")) {
    page("access").open = true;
    page("token").focus();
  }
}

function mark(now) {
  busy = now;
  page("kis").setAttribute("aria-busy", String(now));
  // Not `disabled`: that would take the focus away from whoever works with the keyboard.
  for (const id of BUTTONS) page(id).setAttribute("aria-disabled", String(now));
}

async function open() {
  try {
    await Office.addin.showAsTaskpane();
  } catch {
    // a host that cannot: the sentence is there when the pane is opened
  }
}

function agreed(question) {
  say("");
  page("asked").textContent = question;
  page("question").hidden = false;
  page("no").focus();
  open();
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
  const chosen = (name) => page("kis").querySelector(`input[name="${name}"]:checked`).value;
  return { exchange: chosen("exchange"), market: chosen("market") };
}

function switchLanguage() {
  speak(lang() === "ko" ? "en" : "ko");
  keep("lang", lang());
  translate();
  say("");
  lookAndSay();
}

function takeToken(event) {
  event.preventDefault(); // a form that is sent would put the token into an address
  const typed = page("token").value.trim();
  page("token").value = "";
  if (!/^[\x21-\x7e]+$/.test(typed)) return tell(new Trouble("token_wrong")); // no header can carry it
  const stays = globalThis.kisToken.set(typed);
  page("access").open = !stays;
  say(text(stays ? "token_saved" : "token_unkept"), !stays);
  if (stays) lookAndSay();
}

function forgetToken() {
  globalThis.kisToken.set("");
  say(text("token_forgotten"));
}

async function begin() {
  await Office.onReady();
  const dark = Office.context.officeTheme?.isDarkTheme; // unknown on the web: the system's theme then
  if (typeof dark === "boolean") document.documentElement.dataset.theme = dark ? "dark" : "light";
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
  on("language", "click", switchLanguage);
  on("forget", "click", forgetToken);
  on("credentials", "submit", takeToken);
  for (const each of page("kis").querySelectorAll('input[type="radio"]')) each.addEventListener("change", lookAndSay);
  document.addEventListener("visibilitychange", () => document.hidden || beat());
  await lookAndSay();
}

if (page("kis")) begin(); // xlwings' own dialogues load the ribbon's script too, and have no pane

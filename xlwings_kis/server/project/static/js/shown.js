// What the task pane shows. Whatever comes from the server is text: it becomes `textContent`, never markup.

import { lang, text } from "./texts.js";

export const page = (id) => document.getElementById(id);

/** Put every text of the page into the chosen language. */
export function translate() {
  document.documentElement.lang = lang();
  document.title = text("title");
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = text(each.dataset.text);
  for (const each of document.querySelectorAll("[data-name]")) each.setAttribute("aria-label", text(each.dataset.name));
}

/** One sentence, read aloud to those who cannot see it; `bad` where something has to be done. */
export function say(sentence, bad = false) {
  const said = page("said");
  said.classList.toggle("bad", bad);
  if (said.textContent !== sentence) said.textContent = sentence;
}

/** How the tables of the desk stand; the one in view has its own line. */
export function showStatus({ pairs, demo }, inView) {
  page("demo").hidden = !demo;
  const others = pairs.filter((each) => each.exchange !== inView.exchange || each.market !== inView.market);
  page("others").hidden = others.length === 0;
  page("lines").replaceChildren(
    ...others.map(({ exchange, market, line }) => {
      const item = document.createElement("li");
      item.append(cell("b", `${text(`exchange.${exchange}`)} ${text(`market.${market}`)}`), ` ${line}`);
      return item;
    }),
  );
}

/** The table of the day. */
export function showTable({ title, asof, state, line, unit, heading, columns, rows }) {
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
  const className = value > 0 ? "up" : value < 0 ? "down" : "";
  return cell("td", (value > 0 ? "+" : "") + value.toLocaleString("en-US"), { className });
}

function cell(tag, content, facts = {}) {
  return Object.assign(document.createElement(tag), facts, { textContent: String(content) });
}

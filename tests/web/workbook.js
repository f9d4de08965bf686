// Office.js without Excel, 1 of 3: a workbook that holds values, formats and formulas, and calculates ours.
//
// The three files are one program; `office_web.py` puts them together. `journal` is what the tests look at.

const asked = globalThis.fakeOffice ?? {}; // language, partition, dark, sheets: set by the test before the page loads
const journal = { writes: [], calculated: [], looks: [], shown: 0, editing: false, syncs: 0 };
const functions = {};
const commands = {};
const waiting = new Set();

const book = { name: "책.xlsx", sheets: [], names: [], charts: 0 };
const newSheet = (name) => ({
  name, visibility: "Visible", gridlines: true, guarded: false, cells: new Map(), charts: [], tables: [],
});
for (const [name, cells] of Object.entries(asked.sheets ?? { Sheet1: {} })) {
  const sheet = newSheet(name);
  book.sheets.push(sheet);
  for (const [at, value] of Object.entries(cells)) sheet.cells.set(at, { value, format: "General" });
}
book.active = book.sheets[0];
const area = (sheet, row, column, rows = 1, columns = 1) => {
  if (row < 0 || column < 0 || row + rows > 1048576 || column + columns > 16384) throw failure("InvalidArgument");
  return { sheet, row, column, rows, columns };
};
book.cell = area(book.active, 0, 0);

function failure(code) {
  return Object.assign(new Error(code), { code });
}
const letters = (column) =>
  (column > 25 ? letters(Math.floor(column / 26) - 1) : "") + String.fromCharCode(65 + (column % 26));
const at = (row, column) => `${letters(column)}${row + 1}`;
const address = (a) =>
  a.rows * a.columns === 1 ? at(a.row, a.column) : `${at(a.row, a.column)}:${at(a.row + a.rows - 1, a.column + a.columns - 1)}`;
function parse(sheet, text) {
  const [first, last = first] = text.replaceAll("$", "").split("!").pop().split(":").map((corner) => {
    const [, name, row] = /^([A-Z]+)(\d+)$/.exec(corner) ?? [];
    if (!row) throw new Error(`no address: ${text}`);
    return [Number(row) - 1, [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1];
  });
  return area(sheet, first[0], first[1], last[0] - first[0] + 1, last[1] - first[1] + 1);
}
const grid = (a, what) =>
  Array.from({ length: a.rows }, (_, r) =>
    Array.from({ length: a.columns }, (_, c) => what(a.sheet.cells.get(at(a.row + r, a.column + c)), a.row + r, a.column + c)),
  );
const spread = (a, matrix) => (matrix.length === 1 && matrix[0].length === 1 ? grid(a, () => matrix[0][0]) : matrix);
const shown = (cell) => cell?.value ?? "";
function used(sheet) {
  const places = [...sheet.cells].filter(([, cell]) => shown(cell) !== "").map(([key]) => parse(sheet, key));
  if (!places.length) return null;
  const rows = places.map((each) => each.row);
  const columns = places.map((each) => each.column);
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  return area(sheet, top, left, Math.max(...rows) - top + 1, Math.max(...columns) - left + 1);
}
function put(sheet, key, facts) {
  sheet.cells.set(key, { format: "General", ...sheet.cells.get(key), ...facts });
}
function write(a, matrix) {
  journal.writes.push(`${a.sheet.name}!${address(a)}`);
  const all = spread(a, matrix);
  if (all.length !== a.rows || all.some((row) => row.length !== a.columns)) throw failure("InvalidArgument");
  grid(a, (_, row, column) => {
    const value = all[row - a.row][column - a.column];
    if (value === null) return;
    const formula = typeof value === "string" && value.startsWith("=") ? value : undefined;
    put(a.sheet, at(row, column), { value: formula ? 0 : value, formula, spilled: undefined });
    if (formula) calculate(a.sheet, row, column);
  });
}
function calculate(sheet, row, column) {
  const key = at(row, column);
  const { formula } = sheet.cells.get(key);
  journal.calculated.push(`${sheet.name}!${key}`);
  const [, name, inner] = /^=(KIS_\w+)\((.*)\)$/.exec(formula) ?? [];
  if (!name) return;
  const given = inner.split(",").map((each) => (each === "" ? null : JSON.parse(each.toLowerCase() === "true" ? "true" : each)));
  const job = Promise.resolve(functions[name]?.(...given, { address: `${sheet.name}!${key}` })).then(
    (result) => spill(sheet, row, column, result ?? "#NAME?"),
    (error) => spill(sheet, row, column, error.code === "#VALUE!" ? "#VALUE!" : "#ERROR!"),
  );
  waiting.add(job);
  job.finally(() => waiting.delete(job));
}
const KINDS_OF_VALUE = { Error: (value) => ({ NotAvailable: "#N/A" })[value.errorType], FormattedNumber: (value) => value.basicValue };
const plain = (value) => (value?.type ? KINDS_OF_VALUE[value.type](value) : value);
function spill(sheet, row, column, result) {
  const key = at(row, column);
  const matrix = (Array.isArray(result) ? result : [[result]]).map((line) => line.map(plain));
  const room = area(sheet, row, column, matrix.length, matrix[0].length);
  const taken = grid(room, (cell, r, c) => at(r, c) !== key && cell?.spilled !== key && shown(cell) !== "").flat().includes(true);
  if (taken) return put(sheet, key, { value: "#SPILL!" });
  grid(room, (_, r, c) => put(sheet, at(r, c), { value: matrix[r - row][c - column], spilled: at(r, c) === key ? undefined : key }));
}

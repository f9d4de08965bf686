// The workbook, through Office.js. What cannot be done is a Trouble with the key of a text.

import { Trouble, script } from "./server.js";

const OURS = /\bKIS_PROGRAM_/i;
const SHEETS = ["프로그램매매", "Program trading", "시간대별", "By time"];
const NAMES = /^KIS_/;

// The table as it spills: a head and eleven investors, room for others that may come, and twenty columns.
const ROWS = 15;
const COLUMNS = 20;
const FIGURES = "#,##0";
const NETS = "[Red]+#,##0;[Blue]-#,##0;0";

/** Addresses that fit into one call: Excel takes at most 8,192 letters. */
const AT_ONCE = 200;

/**
 * Calculate the cells that hold a formula of ours, and nothing else; their number.
 *
 * `RangeAreas.calculate` (as `Range.calculate`, office-js issue 576) calculates the cells it is given, changed or not, and
 * writes nothing: the results are those of the formulas that stand there. `Application.calculate` and `Worksheet.calculate` would take the whole workbook or
 * sheet along, and a formula set anew would be a write. While a cell is edited Excel refuses the batch.
 */
export async function recalculate() {
  return await run(async (context) => {
    const sheets = context.workbook.worksheets;
    sheets.load("items/name,items/protection/protected");
    await context.sync();
    const looked = sheets.items.map((sheet) => {
      // In a protected sheet Excel does not say where its formulas stand, so all of its cells are read.
      const areas = sheet.protection.protected ? null : sheet.getRange().getSpecialCellsOrNullObject("Formulas");
      areas?.load("areas/items/formulas,areas/items/rowIndex,areas/items/columnIndex");
      const used = areas ? null : sheet.getUsedRangeOrNullObject(true);
      used?.load("formulas,rowIndex,columnIndex");
      return { sheet, areas, used };
    });
    await context.sync();
    let count = 0;
    for (const { sheet, areas, used } of looked) {
      const blocks = areas ? (areas.isNullObject ? [] : areas.areas.items) : used.isNullObject ? [] : [used];
      const cells = blocks.flatMap(ours);
      count += cells.length;
      for (let at = 0; at < cells.length; at += AT_ONCE) {
        sheet.getRanges(cells.slice(at, at + AT_ONCE).join(",")).calculate();
      }
    }
    await context.sync();
    return count;
  });
}

/** Whether the workbook has a sheet that we wrote. */
export async function hasSheet() {
  return await run(async (context) => (await ourSheets(context)).length > 0);
}

/**
 * Run a script of the server on this workbook: what it wants done is done; the sentence it says.
 *
 * The values of our own sheets go along, of all others the names alone.
 */
export async function runScript(name) {
  let sentence = "";
  // The scripts end by telling this function what they say.
  xlwings.registerCallback(function kisSaid(_context, said) {
    sentence = String(said ?? "");
  });
  await run(async (context) => {
    const include = (await ourSheets(context)).join(",") || SHEETS[0];
    const book = await xlwings.getBookData({ include, headers: { "Auth-Provider": "" } }, context);
    await xlwings.runActions(await script(name, book), context);
    await context.sync();
  });
  return sentence;
}

/** The room a table would take at the active cell: its address, and whether something stands there. */
export async function room() {
  return await run(async (context) => {
    const { cells, sheet } = place(context);
    cells.load("address,values");
    const tables = cells.getTables(false);
    tables.load("items/name");
    sheet.protection.load("protected");
    await context.sync();
    if (sheet.protection.protected) throw new Trouble("protected");
    if (tables.items.length) throw new Trouble("no_room"); // nothing spills in a table of Excel's
    return { address: plain(cells.address), taken: cells.values.some((row) => row.some((value) => value !== "")) };
  });
}

/** Put the formula of a table into the active cell; what stands in its room is deleted first, if that was allowed. */
export async function insert(exchange, market, mayDelete) {
  return await run(async (context) => {
    const { cell, cells } = place(context);
    cell.load("address");
    cells.load("numberFormat,values");
    await context.sync();
    if (cells.values.some((row) => row.some((value) => value !== ""))) {
      if (!mayDelete) throw new Trouble("no_room"); // somebody was quicker
      cells.clear("Contents");
    }
    cells.numberFormat = cells.numberFormat.map((row, down) => row.map((known, right) => format(known, down, right)));
    cell.formulas = [[`=KIS_PROGRAM_TRADE("${exchange}","${market}")`]];
    await context.sync();
    return plain(cell.address);
  });
}

function place(context) {
  const cell = context.workbook.getActiveCell();
  return { cell, cells: cell.getResizedRange(ROWS - 1, COLUMNS - 1), sheet: cell.worksheet };
}

/** Figures as people read them, where the cells have no format of their own; text cells would keep the formula as text. */
function format(known, down, right) {
  if (down === 0 && right === 0) return known === "@" ? "General" : known;
  if (known !== "General" || down === 0 || right === 0 || right === COLUMNS - 1) return known;
  return right % 3 === 0 ? NETS : FIGURES;
}

/** The sheets we wrote: those our names lead to, however they are called now, and those called as ours are. */
async function ourSheets(context) {
  const { names, worksheets } = context.workbook;
  names.load("items/name,items/formula");
  worksheets.load("items/name");
  await context.sync();
  const led = names.items.filter((each) => NAMES.test(each.name)).map((each) => sheetOf(String(each.formula)));
  return worksheets.items.map((each) => each.name).filter((name) => SHEETS.includes(name) || led.includes(name));
}

function sheetOf(formula) {
  const [, quoted, bare] = /^=(?:'((?:[^']|'')+)'|([^'!]+))!/.exec(formula) ?? [];
  return quoted?.replaceAll("''", "'") ?? bare ?? "";
}

function ours(block) {
  return block.formulas.flatMap((row, down) =>
    row.flatMap((formula, right) =>
      typeof formula === "string" && formula.startsWith("=") && OURS.test(formula)
        ? [`${letters(block.columnIndex + right)}${block.rowIndex + down + 1}`]
        : [],
    ),
  );
}

function letters(column) {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last;
}

function plain(address) {
  return address.split("!").pop();
}

const KNOWN = {
  InvalidOperationInCellEditMode: "editing",
  AccessDenied: "protected",
  InvalidSelection: "no_cell",
  InvalidArgument: "no_room", // a room that would lie beyond the sheet's edge
};

async function run(work) {
  try {
    return await Excel.run(work);
  } catch (error) {
    if (error instanceof Trouble) throw error;
    const key = KNOWN[error?.code];
    if (!key) console.error(error);
    throw new Trouble(key ?? "failed");
  }
}

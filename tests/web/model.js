// Office.js without Excel, 2 of 3: of its object model only what is listed here. Anything else throws.
//
// A kind of object has values to load, assignments, objects one step further (`links`, `steps`), new ones (`makes`), and calls
// with an effect (`acts`); a list says what its `items` are `of`.

const look = (what) => (a, value) => journal.looks.push([address(a), what, value]);
const looks = (name, ...what) => Object.fromEntries(what.map((each) => [each, look(`${name}.${each}`)]));
const same = (kind) => [kind, (model) => model];
const list = (kind, items, more = {}) => ({ of: kind, items, ...more });
const KINDS = {
  Workbook: {
    values: { name: () => book.name },
    steps: { getActiveCell: ["Range", () => book.cell], getSelectedRange: ["Range", () => book.cell] },
    links: { worksheets: same("Sheets"), names: ["Names", () => book.names], application: same("Application") },
  },
  Application: {
    values: { calculationMode: () => "Automatic" },
    links: { cultureInfo: same("Culture") },
    acts: { suspendScreenUpdatingUntilNextSync: () => {} },
  },
  Culture: { values: { name: () => "ko-KR" }, links: { datetimeFormat: same("Dates") } },
  Dates: { values: { shortDatePattern: () => "yyyy-MM-dd" } },
  Sheets: list("Sheet", () => book.sheets, {
    steps: {
      getItem: ["Sheet", (_, name) => book.sheets.find((each) => each.name === name)],
      getItemOrNullObject: ["Sheet", (_, name) => book.sheets.find((each) => each.name === name)],
      getActiveWorksheet: ["Sheet", () => book.active],
    },
    makes: { add: ["Sheet", (_, name) => book.sheets[book.sheets.push(newSheet(name)) - 1]] },
  }),
  Sheet: {
    values: {
      name: (s) => s.name, position: (s) => book.sheets.indexOf(s), visibility: (s) => s.visibility,
      showGridlines: (s) => s.gridlines,
    },
    writes: {
      showGridlines: (s, on) => { s.gridlines = on; },
      position: (s, to) => { book.sheets.splice(to, 0, ...book.sheets.splice(book.sheets.indexOf(s), 1)); },
    },
    steps: {
      getRange: ["Range", (s, text) => (text ? parse(s, text) : area(s, 0, 0, 1048576, 16384))],
      getRangeByIndexes: ["Range", area],
      getRanges: ["RangeAreas", (s, text) => text.split(",").map((each) => parse(s, each))],
      getUsedRangeOrNullObject: ["Range", used],
    },
    links: {
      names: ["Names", () => []], charts: ["Charts", (s) => s], tables: ["Tables", (s) => s.tables], shapes: ["Shapes", () => []],
      pivotTables: ["Pivots", () => []], pageLayout: same("PageLayout"), protection: same("Protection"), freezePanes: same("Panes"),
    },
    acts: { activate: (s) => { book.active = s; } },
  },
  Protection: { values: { protected: (s) => s.guarded } },
  PageLayout: {
    steps: { getPrintAreaOrNullObject: ["RangeAreas", () => null] },
    acts: { setPrintArea: (s, text) => journal.looks.push([s.name, "printArea", text]) },
  },
  Panes: { acts: { freezeAt: (s, a) => journal.looks.push([s.name, "freeze", address(a)]) } },
  Names: list("Name", (names) => names, {
    makes: { add: ["Name", (names, name, formula) => names[names.push({ name, formula }) - 1]] },
  }),
  Name: {
    values: { name: (n) => n.name, type: () => "Range", formula: (n) => n.formula },
    steps: {
      getRangeOrNullObject: ["Range", (n) => {
        const [, sheet, cells] = /^='(.+)'!(.+)$/.exec(n.formula);
        return parse(book.sheets.find((each) => each.name === sheet.replaceAll("''", "'")), cells);
      }],
    },
  },
  Range: {
    values: {
      address: (a) => `${a.sheet.name}!${address(a)}`, values: (a) => grid(a, shown), numberFormat: (a) => grid(a, (c) => c?.format ?? "General"),
      formulas: (a) => grid(a, (c) => c?.formula ?? shown(c)),
      rowIndex: (a) => a.row, columnIndex: (a) => a.column, rowCount: (a) => a.rows, columnCount: (a) => a.columns,
    },
    writes: {
      values: write,
      formulas: write,
      numberFormat: (a, matrix) => {
        const all = spread(a, matrix);
        grid(a, (_, r, c) => put(a.sheet, at(r, c), { format: all[r - a.row][c - a.column] }));
      },
    },
    steps: {
      getResizedRange: ["Range", (a, rows, columns) => area(a.sheet, a.row, a.column, a.rows + rows, a.columns + columns)],
      getSpecialCellsOrNullObject: ["RangeAreas", (a, type) => {
        if (type !== "Formulas" || a.sheet.guarded) throw failure("AccessDenied");
        const found = [...a.sheet.cells].filter(([, cell]) => cell.formula).map(([key]) => parse(a.sheet, key));
        return found.length ? found : null;
      }],
      getTables: ["Tables", (a) => a.sheet.tables],
    },
    links: {
      worksheet: ["Sheet", (a) => a.sheet], format: same("Format"), dataValidation: same("Validation"),
      conditionalFormats: same("Conditions"),
    },
    acts: {
      select: (a) => { book.cell = area(a.sheet, a.row, a.column); },
      clear: (a, what) => {
        if (what !== "Contents") throw new Error(`clear ${what}`);
        journal.writes.push(`${a.sheet.name}!${address(a)}`);
        grid(a, (_, r, c) => a.sheet.cells.delete(at(r, c)));
      },
    },
  },
  RangeAreas: {
    links: { areas: ["Areas", (areas) => areas] },
    acts: {
      calculate: (areas) => areas.forEach((a) => grid(a, (cell, r, c) => cell?.formula && calculate(a.sheet, r, c))),
    },
  },
  Areas: list("Range", (areas) => areas),
  Format: {
    writes: looks("format", "columnWidth", "rowHeight", "horizontalAlignment", "verticalAlignment", "wrapText"),
    links: { font: same("Font"), fill: same("Fill"), borders: same("Borders") },
  },
  Font: { writes: looks("font", "name", "size", "bold", "italic", "color") },
  Fill: { writes: looks("fill", "color"), acts: { clear: () => {} } },
  Borders: { steps: { getItem: ["Border", (a, side) => ({ ...a, side })] } },
  Border: { writes: looks("border", "style", "weight", "color") },
  Validation: { values: { type: () => "None" }, writes: looks("validation", "rule") },
  Conditions: {
    makes: { add: ["Condition", (a, type) => (look("condition")(a, type), a)] },
    acts: { clearAll: () => {} },
  },
  Condition: {
    writes: looks("condition", "priority", "stopIfTrue"),
    links: { cellValue: same("Rule"), custom: same("Rule"), dataBar: same("Bar") },
  },
  Rule: { writes: looks("rule", "rule", "formula"), links: { rule: same("Rule"), format: same("Format") } },
  Bar: { writes: looks("bar", "lowerBoundRule", "upperBoundRule", "showDataBarOnly"), links: { positiveFormat: same("BarFormat") } },
  BarFormat: { writes: looks("bar", "fillColor", "gradientFill") },
  Charts: list("Chart", (s) => s.charts, {
    values: { count: (s) => s.charts.length },
    steps: { getItemAt: ["Chart", (s, index) => s.charts[index]] },
    makes: { add: ["Chart", (s, type) => s.charts[s.charts.push({ type }) - 1]] },
  }),
  Chart: {
    values: {
      name: (c) => c.name, chartType: (c) => c.type, left: (c) => c.left ?? 0, top: (c) => c.top ?? 0,
      width: (c) => c.width ?? 0, height: (c) => c.height ?? 0,
    },
    writes: Object.fromEntries(["name", "left", "top", "width", "height", "style"].map((key) => [key, (c, value) => { c[key] = value; }])),
    links: { title: same("ChartTitle"), legend: same("Legend"), axes: same("Axes") },
    acts: { setPosition: () => {} },
  },
  ChartTitle: { writes: { visible: () => {}, text: (c, value) => { c.title = value; } } },
  Legend: { writes: { visible: () => {}, position: () => {} } },
  Axes: { links: { categoryAxis: same("Axis"), valueAxis: same("Axis") } },
  Axis: { values: { visible: () => true }, writes: { reversePlotOrder: () => {}, numberFormat: () => {}, position: () => {} } },
  Tables: list("Table", (tables) => tables),
  Table: { values: { name: (t) => t.name } },
  Shapes: list("Shape", (shapes) => shapes),
  Shape: { values: {} },
  Pivots: list("Pivot", (pivots) => pivots),
  Pivot: { values: {} },
};

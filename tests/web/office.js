// Office.js without Excel: a workbook, and of its object model only what is listed here. Anything else throws.
//
// As in Excel, nothing happens before `context.sync()`: assignments and calls wait, a property can be read only when it was
// loaded and synchronised, and while a cell is edited a batch is refused as a whole. `fake` is what the tests look at.

(() => {
  const asked = globalThis.fakeOffice ?? {}; // language, partition, dark, sheets: set by the test before the page loads
  const journal = { writes: [], calculated: [], looks: [], shown: 0, editing: false, syncs: 0 };
  const functions = {};
  const commands = {};
  const waiting = new Set();

  // ---- the workbook -------------------------------------------------------------------------------------------------
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

  // ---- the object model: values to load, assignments, objects one step further, calls with an effect ------------------
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

  const HIDDEN = new Set(["then", "toJSON"]); // asked by `await` and the console, not by a program
  const secret = Symbol("behind");

  function thing(context, kind, resolve, nullable = false) {
    const spec = KINDS[kind];
    const state = { kind, context, loaded: new Map(), links: new Map(), members: new Map(), resolve, fetch };
    const unknown = (name) => new Error(`office.js: ${kind}.${String(name)} is not known to the fake`);
    if (nullable) context.queue(() => state.loaded.set("isNullObject", resolve() == null));

    function linked(name) {
      if (!state.links.has(name)) {
        const [to, step] = spec.links[name];
        state.links.set(name, thing(context, to, () => step(resolve())));
      }
      return state.links.get(name);
    }
    function fetch(path) {
      const model = resolve();
      if (model == null) return;
      let [first, ...rest] = path.split("/");
      if (spec.of && !["items", "count"].includes(first)) [first, rest] = ["items", path.split("/")];
      if (first === "items" && spec.of) {
        const items = spec.items(model).map((each) => {
          if (!state.members.has(each)) state.members.set(each, thing(context, spec.of, () => each));
          return state.members.get(each);
        });
        state.loaded.set("items", items);
        const paths = rest.length ? [rest.join("/")] : Object.keys(KINDS[spec.of].values ?? {});
        for (const item of items) for (const each of paths) item[secret].fetch(each);
      } else if (spec.values?.[first]) state.loaded.set(first, spec.values[first](model));
      else if (spec.links?.[first]) rest.length && linked(first)[secret].fetch(rest.join("/"));
      else throw unknown(path);
    }
    const real = (given) => given.map((each) => each?.[secret]?.resolve() ?? each);

    const proxy = new Proxy(Object.create(null), {
      get(_, name) {
        if (name === secret) return state;
        if (typeof name === "symbol" || HIDDEN.has(name)) return undefined;
        if (name === "context") return context;
        if (name === "load") {
          return (paths) => {
            const all = (Array.isArray(paths) ? paths : paths.split(",")).map((each) => each.trim()).filter((each) => each !== "isNullObject");
            context.queue(() => all.forEach(fetch));
            return proxy;
          };
        }
        if (state.loaded.has(name)) return state.loaded.get(name);
        if (spec.links?.[name]) return linked(name);
        if (spec.steps?.[name]) {
          const [to, step] = spec.steps[name];
          return (...given) => {
            const orNull = name.endsWith("OrNullObject");
            let found; // looked for once, when the batch is carried out
            return thing(context, to, () => {
              found ??= step(resolve(), ...given);
              if (found == null && !orNull) throw failure("ItemNotFound");
              return found;
            }, orNull);
          };
        }
        if (spec.makes?.[name]) {
          return (...given) => {
            let made;
            context.queue(() => { made = spec.makes[name][1](resolve(), ...real(given)); });
            return thing(context, spec.makes[name][0], () => made);
          };
        }
        if (spec.acts?.[name]) return (...given) => context.queue(() => spec.acts[name](resolve(), ...real(given)));
        if (spec.values?.[name] || name === "items" || name === "isNullObject") {
          throw new Error(`office.js: ${kind}.${name} was read before it was loaded`);
        }
        throw unknown(name);
      },
      set(_, name, value) {
        const change = spec.writes?.[name];
        if (!change) throw unknown(`${String(name)} =`);
        context.queue(() => change(resolve(), value));
        return true;
      },
    });
    return proxy;
  }

  class RequestContext {
    #queue = [];
    workbook = thing(this, "Workbook", () => book);
    application = thing(this, "Application", () => book);
    queue(step) {
      this.#queue.push(step);
    }
    async sync() {
      journal.syncs += 1;
      const steps = this.#queue.splice(0);
      if (journal.editing && steps.length) throw failure("InvalidOperationInCellEditMode");
      for (const step of steps) step();
    }
  }

  function closed(name, own) {
    return new Proxy(own, {
      get(_, key) {
        if (typeof key === "symbol" || HIDDEN.has(key) || key in own) return own[key];
        throw new Error(`office.js: ${name}.${key} is not known to the fake`);
      },
      set(_, key) {
        throw new Error(`office.js: ${name}.${String(key)} cannot be set`);
      },
    });
  }

  const newest = { ExcelApi: 17, CustomFunctionsRuntime: 4, SharedRuntime: 2, DialogApi: 2, RibbonApi: 2 };
  const supports = (set, version) => Number(version.split(".")[1]) <= (newest[set] ?? -1);

  globalThis.Office = closed("Office", {
    onReady: async (then) => (await null, then?.({ host: "Excel" }), { host: "Excel" }),
    actions: closed("Office.actions", { associate: (id, command) => { commands[id] = command; } }),
    addin: closed("Office.addin", { showAsTaskpane: async () => { journal.shown += 1; } }),
    context: closed("Office.context", {
      displayLanguage: asked.language ?? "ko-KR",
      partitionKey: asked.partition,
      officeTheme: asked.dark === undefined ? undefined : closed("officeTheme", { isDarkTheme: asked.dark }),
      platform: "OfficeOnline",
      requirements: closed("requirements", { isSetSupported: supports }),
      diagnostics: closed("diagnostics", { version: "16.0", platform: "OfficeOnline" }),
    }),
  });
  globalThis.Excel = closed("Excel", {
    run: async (work) => {
      const context = new RequestContext();
      const result = await work(context);
      await context.sync();
      return result;
    },
    RequestContext,
    ShapeType: closed("ShapeType", { image: "Image" }),
  });
  class CustomFunctionsError extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
    }
  }
  globalThis.CustomFunctions = closed("CustomFunctions", {
    associate: (id, run) => { functions[id] = run; },
    Error: CustomFunctionsError,
    ErrorCode: closed("ErrorCode", { invalidValue: "#VALUE!" }),
  });

  globalThis.fake = {
    book, journal, functions, commands,
    settled: async () => { while (waiting.size) await Promise.all(waiting); },
    press: (id) => new Promise((completed) => commands[id]({ completed })),
    select: (sheet, text) => { book.active = book.sheets.find((each) => each.name === sheet); book.cell = parse(book.active, text); },
    put: (sheet, text, value) => write(parse(book.sheets.find((each) => each.name === sheet), text), [[value]]),
    value: (sheet, text) => shown(book.sheets.find((each) => each.name === sheet).cells.get(text)),
    values: (sheet, text) => grid(parse(book.sheets.find((each) => each.name === sheet), text), shown),
  };
})();

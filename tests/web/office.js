// Office.js without Excel, 3 of 3: how a program talks to it.
//
// As in Excel, nothing happens before `context.sync()`: assignments and calls wait, a property can be read only when it was
// loaded and synchronised, and while a cell is edited a batch is refused as a whole.

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

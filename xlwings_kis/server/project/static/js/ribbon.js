// The tab's buttons. They do what the task pane's buttons do, in the same page: the add-in has one runtime.
(() => {
  const pane = import("./pane.js");

  function command(id, press) {
    Office.actions.associate(id, async (event) => {
      try {
        await press(await pane);
      } finally {
        event.completed(); // without it Excel keeps the button grey
      }
    });
  }

  command("kis-refresh", (kis) => kis.refresh());
  command("kis-auto", (kis) => kis.toggleAuto());
  command("kis-sheet", (kis) => kis.makeSheet());
  command("kis-report", (kis) => kis.reportSheet());
  for (const exchange of ["KRX", "NXT", "UN"]) {
    for (const market of ["KOSPI", "KOSDAQ"]) {
      command(`kis-insert-${exchange}-${market}`.toLowerCase(), (kis) => kis.insertTable(exchange, market));
    }
  }
})();
